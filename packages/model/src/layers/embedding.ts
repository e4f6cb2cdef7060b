import * as tf from '@tensorflow/tfjs-core';
import { int, positiveInt } from '@unroll/schema/numbers.ts';
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
  /** The id whose row is zeros and stays so, as in PyTorch. It does not mask the step. */
  paddingIdx: v.optional(v.pipe(int, v.minValue(0))),
  ...weightOptions('embeddings'),
});

/** Looks up ids in a table of rows [inputDim, outputDim]: [B, T] → [B, T, outputDim]. As keras.layers.Embedding. */
export function embedding(spec: v.InferOutput<typeof embeddingSpec>, input: Shape): Layer {
  const { steps } = expectShape(input, ['ids']);
  const { inputDim, outputDim, maskZero, embeddingsInitializer, paddingIdx } = spec;
  if (paddingIdx !== undefined && paddingIdx >= inputDim)
    throw new Error(`expected a paddingIdx below inputDim ${inputDim}, got ${paddingIdx}`);
  const isNot = (ids: tf.Tensor, id: number) => tf.notEqual(ids, tf.scalar(id, 'int32')) as tf.Tensor2D;
  return {
    output: { kind: 'sequence', features: outputDim, steps },
    weights: [
      {
        name: 'embeddings',
        shape: [inputDim, outputDim],
        initializer: (shape, random) => {
          const table = initializers[embeddingsInitializer](shape, random);
          return paddingIdx === undefined ? table : table.fill(0, paddingIdx * outputDim, (paddingIdx + 1) * outputDim);
        },
        trainable: true,
        int8: 'rows',
        ...weightRules('embeddings', [inputDim, outputDim], spec.embeddingsRegularizer, spec.embeddingsConstraint),
      },
    ],
    causal: true,
    resumes: true,
    cost: costPerStep({ floats: (paddingIdx === undefined ? 1 : 2) * outputDim + 4 }),
    apply({ embeddings }, { values }) {
      const rows = rowsOf(embeddings as tf.Tensor, values, [inputDim, outputDim]);
      return {
        values: paddingIdx === undefined ? rows : tf.mul(rows, tf.expandDims(tf.cast(isNot(values, paddingIdx), 'float32'), 2)),
        ...(maskZero && { mask: isNot(values, 0) }),
      };
    },
  };
}

const rowsOf = (table: tf.Tensor, ids: tf.Tensor, [rows, columns]: [number, number]): tf.Tensor =>
  isInt8(table) ? gatherInt8(table, ids, rows, columns) : tf.gather(table, ids as tf.Tensor2D);
