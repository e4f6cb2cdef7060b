import * as v from 'valibot';
import { activation, activationSpec } from './activation.ts';
import { dense, denseSpec } from './dense.ts';
import { dropout, dropoutSpec } from './dropout.ts';
import { expectShape, type Layer, layerOptions, type Shape } from './layer.ts';
import { layerNormalization, layerNormalizationSpec } from './layer-normalization.ts';

const innerSpec = v.variant('type', [denseSpec, activationSpec, dropoutSpec, layerNormalizationSpec]);

export const timeDistributedSpec = v.strictObject({
  type: v.literal('timeDistributed'),
  ...layerOptions,
  /** A layer that reads a vector. */
  layer: innerSpec,
});

/**
 * A layer of vectors on each step of a sequence, [B, T, D] → [B, T, features]. These layers treat each step of a sequence by itself
 * anyway, so this is the layer on the sequence. As keras.layers.TimeDistributed.
 */
export function timeDistributed({ layer }: v.InferOutput<typeof timeDistributedSpec>, input: Shape): Layer {
  expectShape(input, ['sequence']);
  const misplaced = (['name', 'from', 'trainable'] as const).find((option) => layer[option] !== undefined);
  if (misplaced) throw new Error(`${misplaced} does not apply inside timeDistributed; move it to the timeDistributed layer itself`);
  switch (layer.type) {
    case 'dense':
      return dense(layer, input);
    case 'activation':
      return activation(layer, input);
    case 'dropout':
      if (layer.noise !== 'elements') throw new Error(`noise '${layer.noise}' needs a sequence; put dropout on the sequence itself`);
      return dropout(layer, input);
    case 'layerNormalization':
      return layerNormalization(layer, input);
  }
}
