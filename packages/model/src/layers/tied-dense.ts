import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { initializers } from '../weights/initializers.ts';
import { gatherInt8, isInt8 } from '../weights/int8-tensors.ts';
import { costPerStep, expectShape, type Layer, layerName, layerOptions, type Shape } from './layer.ts';

export const tiedDenseSpec = v.strictObject({
  type: v.literal('tiedDense'),
  ...layerOptions,
  /** The embedding whose table it multiplies by. */
  embedding: layerName,
  useBias: v.optional(v.boolean(), true),
});

/**
 * Logits of every id from an embedding's own table E [inputDim, outputDim]: [..., outputDim] → [..., inputDim],
 *
 *     y = x·Eᵀ + b           b [inputDim]
 *
 * Source: Press & Wolf (2017), Using the Output Embedding to Improve Language Models.
 */
export function tiedDense(
  { embedding, useBias }: v.InferOutput<typeof tiedDenseSpec>,
  input: Shape,
  { inputDim, outputDim }: { inputDim: number; outputDim: number },
): Layer {
  const shape = expectShape(input, ['vector', 'sequence']);
  if (shape.features !== outputDim) {
    throw new Error(`expected ${outputDim} features, the outputDim of embedding '${embedding}', got ${shape.features}`);
  }
  return {
    output: { ...shape, features: inputDim },
    weights: useBias ? [{ name: 'bias', shape: [inputDim], initializer: initializers.zeros, trainable: true }] : [],
    borrows: { table: `${embedding}/embeddings` },
    causal: true,
    resumes: true,
    cost: costPerStep({ multiplyAdds: inputDim * outputDim, floats: 2 * inputDim }),
    apply({ table, bias }, { values, mask }) {
      const leading = values.shape.slice(0, -1);
      const rows = tf.reshape(values, [tf.util.sizeFromShape(leading), outputDim]) as tf.Tensor2D;
      const product = tf.matMul(rows, floatTable(table as tf.Tensor, inputDim, outputDim), false, true);
      return { values: tf.reshape(bias ? tf.add(product, bias) : product, [...leading, inputDim]), mask };
    },
  };
}

/** int8 tables are packed for lookups, so all rows are looked up. */
const floatTable = (table: tf.Tensor, rows: number, columns: number): tf.Tensor2D =>
  (isInt8(table) ? gatherInt8(table, tf.range(0, rows, 1, 'int32'), rows, columns) : table) as tf.Tensor2D;
