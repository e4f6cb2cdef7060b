import { int } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { MAX_LENGTH, type Reader } from './reader.ts';
import { truncatedIf } from './truncation.ts';

/** Ids, cut to the first maxLength. @param reads how many of them the layers read. */
export function idsReader(vocabulary: number, { maxLength, reads }: { maxLength: number; reads: number }): Reader<number[]> {
  return {
    schema: v.pipe(v.array(v.pipe(int, v.minValue(0), v.maxValue(vocabulary - 1))), v.maxLength(MAX_LENGTH)),
    example: [vocabulary - 1],
    read(ids) {
      const values = ids.slice(0, maxLength);
      return { values, steps: values.length, ...truncatedIf(Math.min(reads, ids.length), ids.length) };
    },
  };
}
