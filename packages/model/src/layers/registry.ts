import * as v from 'valibot';
import { activation, activationSpec } from './activation.ts';
import { type AttentionSpec, attention, attentionSpec } from './attention.ts';
import { batchNormalization, batchNormalizationSpec } from './batch-normalization.ts';
import { bidirectional, bidirectionalSpec } from './bidirectional.ts';
import { conv1d, conv1dSpec } from './conv1d.ts';
import { dense, denseSpec } from './dense.ts';
import { depthwiseConv1d, depthwiseConv1dSpec } from './depthwise-conv1d.ts';
import { dropout, dropoutSpec } from './dropout.ts';
import { embedding, embeddingSpec } from './embedding.ts';
import type { Layer, MergingLayer, Shape } from './layer.ts';
import { layerNormalization, layerNormalizationSpec } from './layer-normalization.ts';
import { masking, maskingSpec } from './masking.ts';
import { type MergeSpec, merge, mergeSpec } from './merge.ts';
import { type MultiHeadAttentionSpec, multiHeadAttention, multiHeadAttentionSpec } from './multi-head-attention.ts';
import { gaussianNoise, gaussianNoiseSpec, spatialDropout1d, spatialDropout1dSpec } from './noise.ts';
import { padSequencesLayer, padSequencesSpec } from './pad-sequences.ts';
import { pooling, poolingSpec } from './pooling.ts';
import { pooling1d, pooling1dSpec } from './pooling1d.ts';
import { recurrentLayer, recurrentSpec } from './recurrent.ts';
import { reshaping, reshapingSpec } from './reshaping.ts';
import { resizing1d, resizing1dSpec } from './resizing1d.ts';
import { type ReuseSpec, reuseSpec } from './reuse.ts';
import { tiedDense, tiedDenseSpec } from './tied-dense.ts';
import { timeDistributed, timeDistributedSpec } from './time-distributed.ts';

/** Every layer a ModelSpec may name. A new layer is a file beside this one, a line here and a case in `buildLayer`. */
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
  conv1dSpec,
  depthwiseConv1dSpec,
  ...pooling1dSpec.options,
  timeDistributedSpec,
  ...reshapingSpec.options,
  ...resizing1dSpec.options,
  maskingSpec,
  spatialDropout1dSpec,
  gaussianNoiseSpec,
  ...mergeSpec.options,
  attentionSpec,
  multiHeadAttentionSpec,
  tiedDenseSpec,
  reuseSpec,
]);
export type LayerSpec = v.InferOutput<typeof layerSpec>;

/**
 * Settles a layer's sizes for its inputs.
 * @param find the options of another layer.
 * @throws an error that says what the layer expects and what it got.
 */
export function buildLayer(spec: LayerSpec, inputs: readonly Shape[], find: (layer: string) => LayerSpec): Layer | MergingLayer {
  switch (spec.type) {
    case 'concatenate':
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'average':
    case 'maximum':
    case 'minimum':
      return merge(spec, inputs);
    case 'attention':
      return attention(spec, inputs);
    case 'multiHeadAttention':
      return multiHeadAttention(spec, inputs);
    case 'reuse':
      return buildLayer(find(spec.layer), inputs, find);
    default:
      return buildOneInputLayer(spec, onlyInput(inputs), find);
  }
}

type OneInputSpec = Exclude<LayerSpec, MergeSpec | AttentionSpec | MultiHeadAttentionSpec | ReuseSpec>;

function buildOneInputLayer(spec: OneInputSpec, input: Shape, find: (layer: string) => LayerSpec): Layer {
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
    case 'conv1d':
      return conv1d(spec, input);
    case 'depthwiseConv1d':
      return depthwiseConv1d(spec, input);
    case 'maxPooling1d':
    case 'averagePooling1d':
      return pooling1d(spec, input);
    case 'timeDistributed':
      return timeDistributed(spec, input);
    case 'flatten':
    case 'reshape':
    case 'permute':
    case 'repeatVector':
      return reshaping(spec, input);
    case 'upSampling1d':
    case 'zeroPadding1d':
    case 'cropping1d':
      return resizing1d(spec, input);
    case 'masking':
      return masking(spec, input);
    case 'spatialDropout1d':
      return spatialDropout1d(spec, input);
    case 'gaussianNoise':
      return gaussianNoise(spec, input);
    case 'tiedDense': {
      const embedding = find(spec.embedding);
      if (embedding.type !== 'embedding') throw new Error(`expected the name of an embedding, got '${spec.embedding}' (${embedding.type})`);
      return tiedDense(spec, input, embedding);
    }
  }
}

function onlyInput(inputs: readonly Shape[]): Shape {
  const [input] = inputs;
  if (!input || inputs.length > 1) throw new Error(`it reads one input, got ${inputs.length}; join them with concatenate or add first`);
  return input;
}
