import * as tf from '@tensorflow/tfjs-core';
import { differentiable, hasOp } from '@unroll/ops/differentiable.ts';
import { positive } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { initializers } from '../weights/initializers.ts';
import { costPerStep, expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

export const layerNormalizationSpec = v.strictObject({
  type: v.literal('layerNormalization'),
  ...layerOptions,
  epsilon: v.optional(positive, 0.001),
  center: v.optional(v.boolean(), true),
  scale: v.optional(v.boolean(), true),
});

/**
 * Layer normalization of each step, [B, features] or [B, T, features] → the same shape:
 *
 *     y = γ ∘ (x - μ) / √(σ² + ε) + β           γ, β [features]; μ, σ² of the step's features
 *
 * Sources: Ba et al. (2016); keras.layers.LayerNormalization on the last axis.
 */
export function layerNormalization(spec: v.InferOutput<typeof layerNormalizationSpec>, input: Shape): Layer {
  const shape = expectShape(input, ['vector', 'sequence']);
  const { epsilon, center, scale } = spec;
  const weight = (name: string, initial: 'zeros' | 'ones') => ({
    name,
    shape: [shape.features],
    initializer: initializers[initial],
    trainable: true,
  });
  return {
    output: shape,
    weights: [...(scale ? [weight('gamma', 'ones')] : []), ...(center ? [weight('beta', 'zeros')] : [])],
    causal: true,
    resumes: true,
    cost: costPerStep({ floats: 6 * shape.features + 4 }),
    apply({ gamma, beta }, { values, mask }) {
      if (hasOp('UnrollLayerNorm') && values.size > 0) {
        const rows = tf.reshape(values, [-1, shape.features]);
        return { values: tf.reshape(fused(rows, gamma, beta, epsilon), values.shape), mask };
      }
      const centered = tf.sub(values, tf.mean(values, -1, true));
      const variance = tf.mean(tf.square(centered), -1, true);
      const normalized = tf.mul(centered, tf.rsqrt(tf.add(variance, epsilon)));
      const scaled = gamma ? tf.mul(normalized, gamma) : normalized;
      return { values: beta ? tf.add(scaled, beta) : scaled, mask };
    },
  };
}

/** The same by one op of packages/backend. x [N, features]. */
function fused(x: tf.Tensor, gamma: tf.Tensor | undefined, beta: tf.Tensor | undefined, epsilon: number): tf.Tensor {
  return differentiable(
    { x, ...(gamma && { gamma }), ...(beta && { beta }) } as tf.NamedTensorMap,
    (given) => {
      const outputs = tf.engine().runKernel('UnrollLayerNorm', given, { epsilon });
      const [value, normalized, inverse] = outputs as unknown as [tf.Tensor, tf.Tensor, tf.Tensor];
      return { value, saved: { normalized, inverse, ...(given.gamma && { gamma: given.gamma }) } };
    },
    (dy, saved) => {
      const gradients = tf.engine().runKernel('UnrollLayerNormGrad', { ...saved, dy });
      const [dx, dGamma, dBeta] = gradients as unknown as [tf.Tensor, tf.Tensor, tf.Tensor];
      return { x: dx, gamma: dGamma, beta: dBeta };
    },
  );
}
