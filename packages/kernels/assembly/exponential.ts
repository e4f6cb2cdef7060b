import { multiplyAdd, subtractProduct } from './simd';

/**
 * e^-y = 2^n · (1 - fall) with n the integer nearest to -y / ln 2, fall = 1 - e^-r and r = y + n·ln 2, for eight floats at a time
 * as two neighbouring vectors, in straight lines: V8's revectorizer joins such pairs into 256-bit instructions. Constants come
 * from a table in scratch memory: V8 rebuilds literals at every use.
 *
 * NaN stays NaN: pmin and pmax give their first operand where one is NaN.
 */
export const TABLE_BYTES: usize = 128;

/** Offsets of the table's constants. */
const MINUS_LOG2_E: usize = 0;
const SHIFT: usize = 4;
const LN2_HIGH: usize = 8;
const LN2_LOW: usize = 12;
const LN2: usize = 16;
const C6: usize = 20;
const C5: usize = 24;
const C4: usize = 28;
const C3: usize = 32;
const C2: usize = 36;
export const LOWEST: usize = 40;
export const HIGHEST: usize = 44;
const UNDERFLOW: usize = 48;
export const HALF: usize = 52;
export const ONE: usize = 56;
export const ZERO: usize = 60;
/** The slope of a hard sigmoid; the caller stores it. */
export const SLOPE: usize = 64;
export const MAGNITUDE: usize = 68;
export const SMALL_SCALE: usize = 72;
const LARGE_SCALE: usize = 76;
const INVERSE_LARGE_SCALE: usize = 80;

/** Fills the table that everything below and the gate functions read. */
export function fillTable(table: usize): void {
  store<f32>(table + MINUS_LOG2_E, -1.44269504088896341);
  // Added to a number, it rounds that to an integer, which the sum's last bits then hold.
  store<f32>(table + SHIFT, 12582912);
  // ln 2 in two parts: n times the first is exact.
  store<f32>(table + LN2_HIGH, 0.693359375);
  store<f32>(table + LN2_LOW, -2.12194440e-4);
  store<f32>(table + LN2, 0.69314718055994531);
  // The minimax polynomial of (1 - e^-r - r) / r² on |r| <= ln 2 / 2 (Remez), error of e^-r 3e-9. C3 is two floats
  // higher: with Remez's own, tanh of the simd build is off by 2.01 units in the last place at 0.519.
  store<f32>(table + C6, -1.39506551589e-3);
  store<f32>(table + C5, 8.36900548281e-3);
  store<f32>(table + C4, -4.16662041277e-2);
  store<f32>(table + C3, 1.66665182e-1);
  store<f32>(table + C2, -0.5);
  // e^-110 is 0 in float32, and 1 + e^-20 is 1.
  store<f32>(table + LOWEST, -110);
  store<f32>(table + HIGHEST, 20);
  store<f32>(table + UNDERFLOW, 110);
  store<f32>(table + HALF, 0.5);
  store<f32>(table + ONE, 1);
  store<f32>(table + ZERO, 0);
  store<u32>(table + MAGNITUDE, 0x7fffffff);
  // 1.875·2^-64 and 2^64: powers from 2^-159 to 2^159 times one of them are normal numbers.
  store<f32>(table + SMALL_SCALE, 1.01643953954064557e-19);
  store<f32>(table + LARGE_SCALE, 18446744073709551616.0);
  store<f32>(table + INVERSE_LARGE_SCALE, 5.42101086242752217e-20);
}

// @ts-ignore: decorator
@inline
export function constant(table: usize, offset: usize): v128 {
  return v128.load_splat<f32>(table + offset);
}

/** -y / ln 2 + 1.5·2²³, whose last bits are n. */
// @ts-ignore: decorator
@inline
export function shiftedExponent(table: usize, y: v128): v128 {
  return multiplyAdd(y, constant(table, MINUS_LOG2_E), constant(table, SHIFT));
}

/** n as a float. */
// @ts-ignore: decorator
@inline
export function exponent(table: usize, shifted: v128): v128 {
  return f32x4.sub(shifted, constant(table, SHIFT));
}

/** 2^n times the constant at `scale`. */
// @ts-ignore: decorator
@inline
export function power(table: usize, shifted: v128, scale: usize): v128 {
  return i32x4.add(i32x4.shl(shifted, 23), constant(table, scale));
}

/** r. */
// @ts-ignore: decorator
@inline
export function remainder(table: usize, n: v128, y: v128): v128 {
  return multiplyAdd(n, constant(table, LN2_LOW), multiplyAdd(n, constant(table, LN2_HIGH), y));
}

/** r for small |n|, where one fused multiply-add is exact enough. */
// @ts-ignore: decorator
@inline
export function smallRemainder(table: usize, n: v128, y: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? multiplyAdd(n, constant(table, LN2), y) : remainder(table, n, y);
}

/** 1 - e^-r. */
// @ts-ignore: decorator
@inline
export function fall(table: usize, r: v128): v128 {
  const square = f32x4.mul(r, r);
  const high = multiplyAdd(square, constant(table, C6), multiplyAdd(r, constant(table, C5), constant(table, C4)));
  return multiplyAdd(multiplyAdd(square, high, multiplyAdd(r, constant(table, C3), constant(table, C2))), square, r);
}

/** e^-y for y >= 0, within 2 units in the last place (0 for Infinity). */
// @ts-ignore: decorator
@inline
export function expMinus(table: usize, y: v128): v128 {
  const bounded = f32x4.pmin(y, constant(table, UNDERFLOW));
  const shifted = shiftedExponent(table, bounded), n = exponent(table, shifted);
  const scaled = power(table, shifted, LARGE_SCALE);
  const e = subtractProduct(scaled, fall(table, remainder(table, n, bounded)), scaled);
  return f32x4.mul(e, constant(table, INVERSE_LARGE_SCALE));
}
