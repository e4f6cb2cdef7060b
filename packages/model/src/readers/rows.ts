import { float32 } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { MAX_LENGTH, type Reader } from './reader.ts';
import { truncatedIf } from './truncation.ts';

export const rowsInput = v.pipe(v.array(v.array(float32)), v.minLength(1), v.maxLength(MAX_LENGTH));

/** Rows of features, one a step, cut to the first maxLength. */
export function rowsReader({ features, maxLength }: { features: number; maxLength: number }): Reader<number[][]> {
  return {
    schema: v.pipe(v.array(v.pipe(v.array(float32), v.length(features))), v.minLength(1), v.maxLength(MAX_LENGTH)),
    example: [new Array(features).fill(0)],
    read(rows) {
      const kept = rows.slice(0, maxLength);
      return { values: Float32Array.from(kept.flat()), steps: kept.length, ...truncatedIf(kept.length, rows.length) };
    },
  };
}
