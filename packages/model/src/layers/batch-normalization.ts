import * as tf from '@tensorflow/tfjs-core';
import { finite, positive } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { initializers } from '../weights/initializers.ts';
import { type Activations, costPerStep, expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

export const batchNormalizationSpec = v.strictObject({
  type: v.literal('batchNormalization'),
  ...layerOptions,
  momentum: v.optional(v.pipe(finite, v.minValue(0), v.maxValue(1)), 0.99),
  epsilon: v.optional(positive, 0.001),
  center: v.optional(v.boolean(), true),
  scale: v.optional(v.boolean(), true),
  /** The moving variance follows the unbiased variance of the batch, as in PyTorch, instead of the biased one. */
  unbiased: v.optional(v.boolean()),
});

/**
 * Batch normalization of each feature, [B, features] or [B, T, features] → the same shape:
 *
 *     y = γ ∘ (x - μ) / √(σ² + ε) + β           γ, β, μ, σ² [features]
 *
 * In training μ and σ² are the mean and the variance over the batch and its real steps, and the moving averages follow them:
 * m ← momentum·m + (1 - momentum)·μ. In inference μ and σ² are the moving averages. In data-parallel training each shard has its
 * own μ and σ², and the moving averages take the mean over shards. Sources: Ioffe & Szegedy (2015); keras.layers.BatchNormalization.
 */
export function batchNormalization(spec: v.InferOutput<typeof batchNormalizationSpec>, input: Shape): Layer {
  const shape = expectShape(input, ['vector', 'sequence']);
  const { momentum, epsilon, center, scale } = spec;
  const weight = (name: string, initial: 'zeros' | 'ones', trainable: boolean) => ({
    name,
    shape: [shape.features],
    initializer: initializers[initial],
    trainable,
  });
  return {
    output: shape,
    weights: [
      ...(scale ? [weight('gamma', 'ones', true)] : []),
      ...(center ? [weight('beta', 'zeros', true)] : []),
      weight('movingMean', 'zeros', false),
      weight('movingVariance', 'ones', false),
    ],
    causal: true,
    resumes: true,
    cost: costPerStep({ floats: 6 * shape.features }),
    apply({ gamma, beta, movingMean, movingVariance }, activations, context) {
      // A frozen layer uses its moving averages, as in Keras.
      const training = context.training && spec.trainable !== false;
      const { values, mask } = activations;
      const { mean, variance, count } = training
        ? moments(activations)
        : { mean: movingMean as tf.Tensor, variance: movingVariance as tf.Tensor, count: 1 };
      const normalized = tf.mul(tf.sub(values, mean), tf.rsqrt(tf.add(variance, epsilon)));
      const scaled = gamma ? tf.mul(normalized, gamma) : normalized;
      const moved = (previous: tf.Tensor | undefined, current: tf.Tensor) =>
        tf.add(tf.mul(previous as tf.Tensor, momentum), tf.mul(current, 1 - momentum));
      return {
        values: beta ? tf.add(scaled, beta) : scaled,
        mask,
        ...(training && {
          updates: {
            movingMean: moved(movingMean, mean),
            movingVariance: moved(movingVariance, spec.unbiased ? tf.mul(variance, unbiasing(count)) : variance),
          },
        }),
      };
    },
  };
}

/** n / (n - 1); 1 for a single row. */
function unbiasing(count: tf.Tensor | number): tf.Tensor {
  return tf.div(count, tf.maximum(tf.sub(count, 1), 1));
}

/** Mean and biased variance of each feature over all axes but the last, and the number of rows. Leaves out padded steps. */
function moments({ values, mask }: Activations): { mean: tf.Tensor; variance: tf.Tensor; count: tf.Tensor | number } {
  const axes = values.shape.map((_, axis) => axis).slice(0, -1);
  const average = mask ? maskedAverage(mask) : (x: tf.Tensor) => tf.mean(x, axes);
  const mean = average(values);
  const count = mask ? tf.sum(tf.cast(mask, 'float32')) : values.size / (values.shape.at(-1) ?? 1);
  return { mean, variance: average(tf.square(tf.sub(values, mean))), count };
}

function maskedAverage(mask: tf.Tensor2D): (x: tf.Tensor) => tf.Tensor {
  const weights = tf.expandDims(tf.cast(mask, 'float32'), 2);
  const count = tf.maximum(tf.sum(weights), 1);
  return (x) => tf.div(tf.sum(tf.mul(x, weights), [0, 1]), count);
}
