import { int } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';

/** How many steps of a longer input the model read. */
export const truncation = v.strictObject({ read: int, of: int });
export type Truncation = v.InferOutput<typeof truncation>;

/** `{ truncated }` if steps were cut off, else nothing. */
export const truncatedIf = (read: number, of: number): { truncated?: Truncation } => (read < of ? { truncated: { read, of } } : {});
