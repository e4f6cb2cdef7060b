import * as z from 'zod';
import type { Reader } from './reader.ts';
import { MAX_LENGTH } from './text.ts';

export const rowsInput = z.array(z.array(z.number())).min(1).max(MAX_LENGTH);

/** A row of features a step, cut to the first maxLength. */
export function rowsReader({ features, maxLength }: { features: number; maxLength: number }): Reader<number[][]> {
  return {
    schema: z.array(z.array(z.number()).length(features)).min(1).max(MAX_LENGTH),
    example: [new Array(features).fill(0)],
    read(rows) {
      const kept = rows.slice(0, maxLength);
      return { values: Float32Array.from(kept.flat()), steps: kept.length };
    },
  };
}
