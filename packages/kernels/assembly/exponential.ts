import { multiplyAdd } from './simd';

/**
 * e^y = 2^n · (1 + near + rest) with n the integer nearest to y / ln 2, near + rest = e^r - 1 and r = y - n·ln 2, for eight
 * floats at a time as two neighbouring vectors, in straight lines: V8's revectorizer joins such pairs into 256-bit
 * instructions. Constants come from a table in scratch memory: V8 rebuilds literals at every use.
 *
 * NaN stays NaN: pmin and pmax give their first operand where one is NaN.
 */
export const TABLE_BYTES: usize = 128;

/** Offsets of the table's constants. */
const LOG2_E: usize = 0;
const SHIFT: usize = 4;
const MINUS_LN2_HIGH: usize = 8;
const MINUS_LN2_LOW: usize = 12;
const MINUS_LN2: usize = 16;
const C6: usize = 20;
const C5: usize = 24;
const C4: usize = 28;
const C3: usize = 32;
const LOWEST: usize = 36;
const HIGHEST: usize = 40;
export const HALF: usize = 44;
export const ONE: usize = 48;
export const ZERO: usize = 52;
export const FIFTH: usize = 56;
export const SIGN: usize = 60;
export const SCALE: usize = 64;
export const MINUS_SCALE: usize = 68;
export const SCALE_AND_A_HALF: usize = 72;
const INVERSE_SCALE: usize = 76;

/** Fills the table that everything below and the gate functions read. */
export function fillTable(table: usize): void {
  store<f32>(table + LOG2_E, 1.44269504088896341);
  // Added to a number, it rounds that to an integer, which the sum's last bits then hold.
  store<f32>(table + SHIFT, 12582912);
  // ln 2 in two parts: n times the first is exact.
  store<f32>(table + MINUS_LN2_HIGH, -0.693359375);
  store<f32>(table + MINUS_LN2_LOW, 2.12194440e-4);
  store<f32>(table + MINUS_LN2, -0.69314718055994531);
  // The minimax polynomial of (e^r - 1 - r) / r² on |r| <= ln 2 / 2 (Remez), error of e^r 3e-9.
  store<f32>(table + C6, 1.39506551589e-3);
  store<f32>(table + C5, 8.36900548281e-3);
  store<f32>(table + C4, 4.16662041277e-2);
  store<f32>(table + C3, 1.66665152e-1);
  // e^-110 is 0 in float32, and 1 + e^20 is e^20.
  store<f32>(table + LOWEST, -110);
  store<f32>(table + HIGHEST, 20);
  store<f32>(table + HALF, 0.5);
  store<f32>(table + ONE, 1);
  store<f32>(table + ZERO, 0);
  store<f32>(table + FIFTH, 0.2);
  store<u32>(table + SIGN, 0x80000000);
  // 2^64: powers down to 2^-160 times it are normal numbers.
  store<f32>(table + SCALE, 18446744073709551616.0);
  store<f32>(table + MINUS_SCALE, -18446744073709551616.0);
  store<f32>(table + SCALE_AND_A_HALF, 27670116110564327424.0);
  store<f32>(table + INVERSE_SCALE, 5.42101086242752217e-20);
}

// @ts-ignore: decorator
@inline
export function constant(table: usize, offset: usize): v128 {
  return v128.load_splat<f32>(table + offset);
}

/** e^y of the bound is what float32 has for all lower y. */
// @ts-ignore: decorator
@inline
export function atLeastLowest(table: usize, y: v128): v128 {
  return f32x4.pmax(y, constant(table, LOWEST));
}

// @ts-ignore: decorator
@inline
export function atMostHighest(table: usize, y: v128): v128 {
  return f32x4.pmin(y, constant(table, HIGHEST));
}

/** y / ln 2 + 1.5·2²³, whose last bits are n. */
// @ts-ignore: decorator
@inline
export function shiftedExponent(table: usize, y: v128): v128 {
  return multiplyAdd(y, constant(table, LOG2_E), constant(table, SHIFT));
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

/** y - n·(the first part of ln 2), exact. */
// @ts-ignore: decorator
@inline
export function nearPart(table: usize, n: v128, y: v128): v128 {
  return multiplyAdd(n, constant(table, MINUS_LN2_HIGH), y);
}

/** -n·(the second part of ln 2): r = nearPart + lowPart. */
// @ts-ignore: decorator
@inline
export function lowPart(table: usize, n: v128): v128 {
  return f32x4.mul(n, constant(table, MINUS_LN2_LOW));
}

/** r in one number, for small |n|. */
// @ts-ignore: decorator
@inline
export function remainder(table: usize, n: v128, y: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return multiplyAdd(n, constant(table, MINUS_LN2), y);
  return multiplyAdd(n, constant(table, MINUS_LN2_LOW), nearPart(table, n, y));
}

/** e^r - 1 - r + `more`. */
// @ts-ignore: decorator
@inline
export function rest(table: usize, r: v128, more: v128): v128 {
  const square = f32x4.mul(r, r);
  const high = multiplyAdd(square, constant(table, C6), multiplyAdd(r, constant(table, C5), constant(table, C4)));
  return multiplyAdd(multiplyAdd(square, high, multiplyAdd(r, constant(table, C3), constant(table, HALF))), square, more);
}

/** e^y for y <= 0, within 2 units in the last place (0 for -Infinity). */
// @ts-ignore: decorator
@inline
export function exp(table: usize, y: v128): v128 {
  const bounded = atLeastLowest(table, y);
  const shifted = shiftedExponent(table, bounded), n = exponent(table, shifted);
  const near = nearPart(table, n, bounded), low = lowPart(table, n);
  const grown = power(table, shifted, SCALE);
  const e = multiplyAdd(grown, f32x4.add(near, rest(table, f32x4.add(near, low), low)), grown);
  return f32x4.mul(e, constant(table, INVERSE_SCALE));
}
