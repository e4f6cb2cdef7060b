import * as v from 'valibot';
import { activation, activationSpec } from './activation.ts';
import { batchNormalization, batchNormalizationSpec } from './batch-normalization.ts';
import { bidirectional, bidirectionalSpec } from './bidirectional.ts';
import { dense, denseSpec } from './dense.ts';
import { dropout, dropoutSpec } from './dropout.ts';
import { embedding, embeddingSpec } from './embedding.ts';
import type { Layer, Shape } from './layer.ts';
import { layerNormalization, layerNormalizationSpec } from './layer-normalization.ts';
import { padSequencesLayer, padSequencesSpec } from './pad-sequences.ts';
import { pooling, poolingSpec } from './pooling.ts';
import { recurrentLayer, recurrentSpec } from './recurrent.ts';

/** Every layer a ModelSpec may name. A new layer is a file beside this one, a line here and a case below. */
export const layerSpec = v.variant('type', [
  embeddingSpec,
  padSequencesSpec,
  ...recurrentSpec.options,
  bidirectionalSpec,
  denseSpec,
  activationSpec,
  dropoutSpec,
  batchNormalizationSpec,
  layerNormalizationSpec,
  poolingSpec,
]);
export type LayerSpec = v.InferOutput<typeof layerSpec>;

/** Settles a layer's sizes for its input. */
export function buildLayer(spec: LayerSpec, input: Shape): Layer {
  switch (spec.type) {
    case 'embedding':
      return embedding(spec, input);
    case 'padSequences':
      return padSequencesLayer(spec, input);
    case 'simpleRNN':
    case 'lstm':
    case 'gru':
      return recurrentLayer(spec, input);
    case 'bidirectional':
      return bidirectional(spec, input);
    case 'dense':
      return dense(spec, input);
    case 'activation':
      return activation(spec, input);
    case 'dropout':
      return dropout(spec, input);
    case 'batchNormalization':
      return batchNormalization(spec, input);
    case 'layerNormalization':
      return layerNormalization(spec, input);
    case 'pooling':
      return pooling(spec, input);
  }
}
