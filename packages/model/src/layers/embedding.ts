import * as tf from '@tensorflow/tfjs-core';
import * as z from 'zod';
import { initializerName, initializers } from '../initializers.ts';
import { gatherInt8, isInt8 } from '../int8-tensors.ts';
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
    weights: [
      {
        ...{ name: 'embeddings', shape: [inputDim, outputDim], int8: 'rows' },
        ...{ initializer: initializers[embeddingsInitializer], trainable: true },
      },
    ],
    causal: true,
    apply: ({ embeddings }, { values }) => ({
      values: rowsOf(embeddings as tf.Tensor, values, [inputDim, outputDim]),
      ...(maskZero && { mask: tf.notEqual(values, tf.scalar(0, 'int32')) as tf.Tensor2D }),
    }),
  };
}

const rowsOf = (table: tf.Tensor, ids: tf.Tensor, [rows, columns]: [number, number]): tf.Tensor =>
  isInt8(table) ? gatherInt8(table, ids, rows, columns) : tf.gather(table, ids as tf.Tensor2D);
