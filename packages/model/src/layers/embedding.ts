import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { initializerName, initializers } from '../initializers.ts';
import { expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

export const embeddingSpec = z.strictObject({
  type: z.literal('embedding'),
  ...layerOptions,
  /** Rows of the table: the largest id plus one. */
  inputDim: z.int().positive(),
  outputDim: z.int().positive(),
  /** Id 0 is padding and masks its step in every later layer. */
  maskZero: z.boolean().default(false),
  embeddingsInitializer: initializerName.default('uniform'),
});

/** Rows of a table by id: [B, T] → [B, T, outputDim]. As keras.layers.Embedding. */
export function embedding(spec: z.infer<typeof embeddingSpec>, input: Shape): Layer {
  expectShape(input, ['ids']);
  const { inputDim, outputDim, maskZero, embeddingsInitializer } = spec;
  return {
    output: { kind: 'sequence', features: outputDim },
    weights: [{ name: 'embeddings', shape: [inputDim, outputDim], initializer: initializers[embeddingsInitializer], trainable: true }],
    causal: true,
    apply: ({ embeddings }, { values }) => ({
      values: tf.gather(embeddings as tf.Tensor2D, values as tf.Tensor2D),
      ...(maskZero && { mask: tf.notEqual(values, tf.scalar(0, 'int32')) as tf.Tensor2D }),
    }),
  };
}
