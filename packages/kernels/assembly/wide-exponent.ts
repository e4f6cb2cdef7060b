import { constant, exponent, fall, ONE, remainder, shiftedExponent, TABLE_BYTES } from './exponential';

/**
 * Probabilities of whole sequences, which are too small for float32: products of thousands of factors. Such a number is a float32
 * mantissa times 2 to an int32 exponent, in two vectors of four lanes. A sum keeps float32's relative precision at any size, and
 * neither logarithms nor a scale per step are needed. Mantissas are in [1, 2), but those of `widePower` in [0.7, 1.5).
 */

/** The exponent of zero, whatever the mantissa. The sum of two and a bit is still an int32. */
export const NOTHING: i32 = -(1 << 29);

/** Exponents below it come from zero: sums of zeros grow above NOTHING by one or two a step. */
export const LEAST: i32 = NOTHING >> 1;

export const WIDE_TABLE_BYTES: usize = TABLE_BYTES + 32;

/** Offsets of this file's constants, after those of exponential.ts. */
const NOTHINGS: usize = TABLE_BYTES;
const LEAST_SHIFT: usize = TABLE_BYTES + 4;
const MANTISSA_BITS: usize = TABLE_BYTES + 8;
const BIAS: usize = TABLE_BYTES + 12;
const SHIFT_BITS: usize = TABLE_BYTES + 16;
const FURTHEST: usize = TABLE_BYTES + 20;

/** Fills this file's part of a table whose first part fillTable fills. */
export function fillWideTable(table: usize): void {
  store<i32>(table + NOTHINGS, NOTHING);
  store<i32>(table + LEAST_SHIFT, -126);
  store<u32>(table + MANTISSA_BITS, 0x007fffff);
  store<i32>(table + BIAS, 127);
  // The bits of 1.5·2²³, which shiftedExponent adds n to.
  store<u32>(table + SHIFT_BITS, 0x4b400000);
  // A logit that much below the largest has probability zero. Its exponents are exact enough up to here.
  store<f32>(table + FURTHEST, 1048576);
}

/** m·2^(e - top) as float32, for e <= top; 2^-126 or less becomes about 2^-126. */
// @ts-ignore: decorator
@inline
export function relativeTo(table: usize, top: v128, m: v128, e: v128): v128 {
  return i32x4.add(m, i32x4.shl(i32x4.max_s(i32x4.sub(e, top), constant(table, LEAST_SHIFT)), 23));
}

/** The mantissa of a positive normal float32 times 2^top. */
// @ts-ignore: decorator
@inline
export function mantissaOf(table: usize, value: v128): v128 {
  return v128.or(v128.and(value, constant(table, MANTISSA_BITS)), constant(table, ONE));
}

/** The exponent of a positive normal float32 times 2^top. */
// @ts-ignore: decorator
@inline
export function exponentOf(table: usize, value: v128, top: v128): v128 {
  return i32x4.max_s(i32x4.add(top, i32x4.sub(i32x4.shr_u(value, 23), constant(table, BIAS))), constant(table, NOTHINGS));
}

/** to[n] and exponents[n] = e^-y of y[n], for y >= 0; n is a multiple of 4. `to` may be y. */
export function widePower(table: usize, y: usize, to: usize, exponents: usize, n: usize): void {
  for (let j: usize = 0; j < n << 2; j += 16) {
    const given = v128.load(y + j), bounded = f32x4.pmin(given, constant(table, FURTHEST));
    const shifted = shiftedExponent(table, bounded);
    v128.store(to + j, f32x4.sub(constant(table, ONE), fall(table, remainder(table, exponent(table, shifted), bounded))));
    const e = i32x4.sub(shifted, constant(table, SHIFT_BITS));
    v128.store(exponents + j, v128.bitselect(constant(table, NOTHINGS), e, f32x4.ge(given, constant(table, FURTHEST))));
  }
}

/** ln x for a positive normal x, by the series of the inverse hyperbolic tangent. NativeMath.log would bring a table of its own. */
export function naturalLog(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  const mantissa = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  const ratio = (mantissa - 1) / (mantissa + 1), square = ratio * ratio;
  let sum: f64 = 0, power: f64 = 2 * ratio;
  for (let k: f64 = 1; k < 40; k += 2, power *= square) sum += power / k;
  return sum + <f64>(<i32>(bits >> 52) - 1023) * 0.69314718055994530942;
}
