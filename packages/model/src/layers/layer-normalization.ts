import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { initializers } from '../initializers.ts';
import { expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

export const layerNormalizationSpec = z.strictObject({
  type: z.literal('layerNormalization'),
  ...layerOptions,
  epsilon: z.number().positive().default(0.001),
  center: z.boolean().default(true),
  scale: z.boolean().default(true),
});

/** Normalizes the features of each step. Sources: Ba et al. (2016); as keras.layers.LayerNormalization on the last axis. */
export function layerNormalization(spec: z.infer<typeof layerNormalizationSpec>, input: Shape): Layer {
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
    apply({ gamma, beta }, { values, mask }) {
      const centered = tf.sub(values, tf.mean(values, -1, true));
      const variance = tf.mean(tf.square(centered), -1, true);
      const normalized = tf.mul(centered, tf.rsqrt(tf.add(variance, epsilon)));
      const scaled = gamma ? tf.mul(normalized, gamma) : normalized;
      return { values: beta ? tf.add(scaled, beta) : scaled, mask };
    },
  };
}
