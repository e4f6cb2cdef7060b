import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { costPerStep, dropoutMask, dropoutRate, expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

export const dropoutSpec = v.strictObject({
  type: v.literal('dropout'),
  ...layerOptions,
  rate: dropoutRate,
  /** Drops single elements, whole features of a sequence (spatial dropout), or whole steps (word dropout). */
  noise: v.optional(v.picklist(['elements', 'features', 'steps']), 'elements'),
});

/**
 * Dropout, [B, features] or [B, T, features] → the same shape. In training each element is 0 with probability `rate`, and the others
 * are scaled by 1/(1-rate). Sources: Srivastava et al. (2014); keras.layers.Dropout with noise_shape [B, T, D] ('elements'),
 * [B, 1, D] ('features'; SpatialDropout1D) or [B, T, 1] ('steps').
 */
export function dropout({ rate, noise }: v.InferOutput<typeof dropoutSpec>, input: Shape): Layer {
  const output = expectShape(input, noise === 'elements' ? ['vector', 'sequence'] : ['sequence']);
  return {
    output,
    weights: [],
    causal: true,
    resumes: true,
    cost: costPerStep({ floats: 0 }),
    apply(_, { values, mask }, { training, random }) {
      if (!training || rate === 0) return { values, mask };
      const shape = values.shape.map((size, axis) => {
        if (noise === 'features' && axis === 1) return 1;
        return noise === 'steps' && axis === 2 ? 1 : size;
      });
      const dropped = tf.tensor(dropoutMask(tf.util.sizeFromShape(shape), rate, random('mask')), shape);
      return { values: tf.mul(values, dropped), mask };
    },
  };
}
