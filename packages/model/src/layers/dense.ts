import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { activationName, activations } from '../activations.ts';
import { initializerName, initializers } from '../initializers.ts';
import { expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

export const denseSpec = z.strictObject({
  type: z.literal('dense'),
  ...layerOptions,
  units: z.int().positive(),
  activation: activationName.default('linear'),
  useBias: z.boolean().default(true),
  kernelInitializer: initializerName.default('glorotUniform'),
  biasInitializer: initializerName.default('zeros'),
});

/** activation(x·W + b) along the last axis; on a sequence, at every step (the textbook's o_t). As keras.layers.Dense. */
export function dense(spec: z.infer<typeof denseSpec>, input: Shape): Layer {
  const { kind, features } = expectShape(input, ['vector', 'sequence']);
  const { units, activation, useBias, kernelInitializer, biasInitializer } = spec;
  return {
    output: { kind, features: units },
    weights: [
      { name: 'kernel', shape: [features, units], initializer: initializers[kernelInitializer], trainable: true },
      ...(useBias ? [{ name: 'bias', shape: [units], initializer: initializers[biasInitializer], trainable: true }] : []),
    ],
    causal: true,
    apply({ kernel, bias }, { values, mask }) {
      const product = tf.matMul(tf.reshape(values, [-1, features]), kernel as tf.Tensor2D);
      const affine = bias ? tf.add(product, bias) : product;
      const shape = [...values.shape.slice(0, -1), units];
      return { values: tf.reshape(activations[activation](affine), shape), mask };
    },
  };
}
