import * as tf from '@tensorflow/tfjs-core';
import { positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { initializerName, initializers } from '../weights/initializers.ts';
import { gatherInt8, isInt8 } from '../weights/int8-tensors.ts';
import { weightOptions, weightRules } from '../weights/weight-options.ts';
import { costPerStep, expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

export const embeddingSpec = v.strictObject({
  type: v.literal('embedding'),
  ...layerOptions,
  /** Rows of the table: the largest id plus one. */
  inputDim: positiveInt,
  outputDim: positiveInt,
  /** Id 0 is padding: its step is masked in all later layers. */
  maskZero: v.optional(v.boolean(), false),
  embeddingsInitializer: v.optional(initializerName, 'uniform'),
  ...weightOptions('embeddings'),
});

/** Looks up ids in a table of rows [inputDim, outputDim]: [B, T] → [B, T, outputDim]. As keras.layers.Embedding. */
export function embedding(spec: v.InferOutput<typeof embeddingSpec>, input: Shape): Layer {
  const { steps } = expectShape(input, ['ids']);
  const { inputDim, outputDim, maskZero, embeddingsInitializer } = spec;
  return {
    output: { kind: 'sequence', features: outputDim, steps },
    weights: [
      {
        name: 'embeddings',
        shape: [inputDim, outputDim],
        initializer: initializers[embeddingsInitializer],
        trainable: true,
        int8: 'rows',
        ...weightRules('embeddings', [inputDim, outputDim], spec.embeddingsRegularizer, spec.embeddingsConstraint),
      },
    ],
    causal: true,
    resumes: true,
    cost: costPerStep({ floats: outputDim + 2 }),
    apply: ({ embeddings }, { values }) => ({
      values: rowsOf(embeddings as tf.Tensor, values, [inputDim, outputDim]),
      ...(maskZero && { mask: tf.notEqual(values, tf.scalar(0, 'int32')) as tf.Tensor2D }),
    }),
  };
}

const rowsOf = (table: tf.Tensor, ids: tf.Tensor, [rows, columns]: [number, number]): tf.Tensor =>
  isInt8(table) ? gatherInt8(table, ids, rows, columns) : tf.gather(table, ids as tf.Tensor2D);
