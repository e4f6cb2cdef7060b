import { finite, positive } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';

/** A column of numbers and its scaling: the model reads (value - mean) / scale. */
export const scaledColumn = v.strictObject({ name: v.pipe(v.string(), v.minLength(1)), mean: finite, scale: positive });
export type ScaledColumn = v.InferOutput<typeof scaledColumn>;

/** A value as the model reads it. */
export const scaled = ({ mean, scale }: ScaledColumn, value: number) => (value - mean) / scale;
