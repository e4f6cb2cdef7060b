import { int } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { Reader } from './reader.ts';
import { MAX_LENGTH } from './reader.ts';

export const idsInput = v.pipe(v.array(v.pipe(int, v.minValue(0))), v.maxLength(MAX_LENGTH));

/** Ids as they are, cut to the first maxLength. */
export function idsReader(vocabulary: number, maxLength: number): Reader<number[]> {
  return {
    schema: v.pipe(v.array(v.pipe(int, v.minValue(0), v.maxValue(vocabulary - 1))), v.maxLength(MAX_LENGTH)),
    example: [vocabulary - 1],
    read: (ids) => ({ values: ids.slice(0, maxLength), steps: Math.min(ids.length, maxLength) }),
  };
}
