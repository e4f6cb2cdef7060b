import * as v from 'valibot';

/** A number as JSON has it: 1e999 is read as Infinity and refused. */
export const finite = v.pipe(v.number(), v.finite());

/** Above 0. */
export const positive = v.pipe(finite, v.gtValue(0));

/** A whole number that float64 holds exactly. */
export const int = v.pipe(v.number(), v.safeInteger());

/** 1, 2, 3 ... */
export const positiveInt = v.pipe(int, v.minValue(1));
