import * as z from 'zod';
import type { Reader } from './reader.ts';
import { MAX_LENGTH } from './text.ts';

export const idsInput = z.array(z.int().nonnegative()).max(MAX_LENGTH);

/** Ids as they are, cut to the first maxLength. */
export function idsReader(vocabulary: number, maxLength: number): Reader<number[]> {
  return {
    schema: z
      .array(
        z
          .int()
          .min(0)
          .max(vocabulary - 1),
      )
      .max(MAX_LENGTH),
    example: [vocabulary - 1],
    read: (ids) => ({ values: ids.slice(0, maxLength), steps: Math.min(ids.length, maxLength) }),
  };
}
