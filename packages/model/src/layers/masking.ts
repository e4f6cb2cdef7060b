import * as tf from '@tensorflow/tfjs-core';
import { finite } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { costPerStep, expectShape, type Layer, layerOptions, type Shape } from './layer.ts';
import { maskOf } from './windows.ts';

export const maskingSpec = v.strictObject({
  type: v.literal('masking'),
  ...layerOptions,
  /** A step whose features all have this value is padded. */
  maskValue: v.optional(finite, 0),
});

/**
 * Marks steps as padded in all later layers, and sets them to zero: [B, T, features] → the same shape. A step that is padded already
 * stays so. As keras.layers.Masking.
 */
export function masking({ maskValue }: v.InferOutput<typeof maskingSpec>, input: Shape): Layer {
  const shape = expectShape(input, ['sequence']);
  const { features } = shape;
  return {
    output: shape,
    weights: [],
    causal: true,
    resumes: true,
    cost: costPerStep({ floats: features + 8 }),
    apply(_, { values, mask }) {
      const [B, T] = values.shape as [number, number];
      if (values.size === 0) return { values, mask };
      // Read back, because tfjs has no gradient of a comparison.
      const given = values.dataSync();
      const before = mask?.dataSync();
      const real = maskOf(B, T, (b, t) => {
        const step = b * T + t;
        const differs = given.subarray(step * features, (step + 1) * features).some((value) => value !== maskValue);
        return differs && (!before || before[step] === 1);
      });
      return { values: tf.mul(values, tf.reshape(tf.cast(real, 'float32'), [B, T, 1])), mask: real };
    },
  };
}
