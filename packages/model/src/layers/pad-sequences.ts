import * as tf from '@tensorflow/tfjs-core';
import { positiveInt } from '@unroll/schema/numbers.ts';
import { padSequences } from '@unroll/text/pad-sequences.ts';
import * as v from 'valibot';
import { expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

const end = v.optional(v.picklist(['pre', 'post']), 'pre');

export const padSequencesSpec = v.strictObject({
  type: v.literal('padSequences'),
  ...layerOptions,
  /** Steps of every row. */
  maxlen: positiveInt,
  /** Where a short row is filled with zeros. */
  padding: end,
  /** Which end of a long row is cut off. */
  truncating: end,
});

/**
 * Ids [B, T] → [B, maxlen]: each row without the zeros that fill up its batch, padded and cut as keras.utils.pad_sequences does. Steps
 * move, so a model with this layer needs the whole input before it answers.
 */
export function padSequencesLayer({ maxlen, padding, truncating }: v.InferOutput<typeof padSequencesSpec>, input: Shape): Layer {
  return {
    output: { ...expectShape(input, ['ids']), steps: maxlen },
    weights: [],
    causal: false,
    resumes: false,
    outputSteps: () => maxlen,
    cost: () => ({ multiplyAdds: 0, floats: maxlen }),
    apply(_, { values }) {
      const [B, T] = values.shape as [number, number];
      const ids = values.dataSync();
      const rows = Array.from({ length: B }, (_, b) => {
        const row = ids.subarray(b * T, (b + 1) * T);
        return row.subarray(0, row.findLastIndex((id) => id !== 0) + 1);
      });
      const { data, shape } = padSequences(rows, { maxlen, padding, truncating });
      return { values: tf.tensor2d(data, shape, 'int32') };
    },
  };
}
