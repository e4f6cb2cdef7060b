import * as tf from '@tensorflow/tfjs-core';
import { positive } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { initializers } from '../weights/initializers.ts';
import { expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

export const layerNormalizationSpec = v.strictObject({
  type: v.literal('layerNormalization'),
  ...layerOptions,
  epsilon: v.optional(positive, 0.001),
  center: v.optional(v.boolean(), true),
  scale: v.optional(v.boolean(), true),
});

/** Normalizes the features of each step. Sources: Ba et al. (2016); as keras.layers.LayerNormalization on the last axis. */
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
    apply({ gamma, beta }, { values, mask }) {
      if (tf.getKernel('UnrollLayerNorm', tf.getBackend())) {
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

/** By the op of packages/backend that runs all of it at once. */
function fused(x: tf.Tensor, gamma: tf.Tensor | undefined, beta: tf.Tensor | undefined, epsilon: number): tf.Tensor {
  const inputs = { x, ...(gamma && { gamma }), ...(beta && { beta }) };
  const names = Object.keys(inputs);
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const given = Object.fromEntries(names.map((name, i) => [name, args[i] as tf.Tensor]));
    const [y, normalized, inverse] = tf.engine().runKernel('UnrollLayerNorm', given, { epsilon }) as unknown as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    (args.at(-1) as tf.GradSaveFunc)([normalized, inverse, ...(given.gamma ? [given.gamma] : [])]);
    return {
      value: y,
      gradFunc(dy: tf.Tensor, [normalized, inverse, gamma]: tf.Tensor[]) {
        const saved = { normalized, inverse, ...(gamma && { gamma }), dy } as tf.NamedTensorMap;
        const [dx, dGamma, dBeta] = tf.engine().runKernel('UnrollLayerNormGrad', saved) as unknown as [tf.Tensor, tf.Tensor, tf.Tensor];
        const gradients: Record<string, tf.Tensor> = { x: dx, gamma: dGamma, beta: dBeta };
        return names.map((name) => gradients[name] as tf.Tensor);
      },
    };
  });
  return run(...Object.values(inputs));
}
