import * as v from 'valibot';

/** A finite number. JSON.parse reads 1e999 as Infinity, which is refused. */
export const finite = v.pipe(v.number(), v.finite());

/** The largest float32. */
const FLOAT32_MAX = 3.4028234663852886e38;

/** A number that is finite in float32. */
export const float32 = v.pipe(finite, v.minValue(-FLOAT32_MAX), v.maxValue(FLOAT32_MAX));

/** Above 0. */
export const positive = v.pipe(finite, v.gtValue(0));

/** A whole number that float64 holds exactly. */
export const int = v.pipe(v.number(), v.safeInteger());

/** 1, 2, 3 ... */
export const positiveInt = v.pipe(int, v.minValue(1));
