import {
  atLeastLowest,
  atMostHighest,
  constant,
  exponent,
  FIFTH,
  HALF,
  lowPart,
  MINUS_SCALE,
  nearPart,
  ONE,
  power,
  remainder,
  rest,
  SCALE,
  SCALE_AND_A_HALF,
  SIGN,
  shiftedExponent,
  ZERO,
} from './exponential';
import { multiplyAdd } from './simd';

/**
 * The activations and their gradients, on the table of exponential.ts. Sigmoid and tanh are within 2 units in the last place
 * (where float32 is subnormal, within 1e-44) and reach 0, 1 and -1 where float32 does. NaN stays NaN.
 */

// @ts-ignore: decorator
@inline
export function one(table: usize): v128 {
  return constant(table, ONE);
}

/**
 * tanh x = (1 - e) / (1 + e) with e = e^(-2|x|), and the sign of x. Numerator and denominator are each computed from the parts of e:
 * near x = 0 the difference 1 - e would lose all digits, and for large |x| one rounding would affect both.
 */
// @ts-ignore: decorator
@inline
export function tanh(table: usize, x: v128): v128 {
  const negative = v128.or(x, constant(table, SIGN));
  const y = atLeastLowest(table, f32x4.add(negative, negative));
  const shifted = shiftedExponent(table, y), n = exponent(table, shifted);
  const r = remainder(table, n, y), p = rest(table, r, r);
  const minusPower = power(table, shifted, MINUS_SCALE), scale = constant(table, SCALE);
  const numerator = multiplyAdd(minusPower, p, f32x4.add(scale, minusPower));
  const minusDenominator = multiplyAdd(minusPower, p, f32x4.sub(minusPower, scale));
  return v128.xor(f32x4.div(numerator, minusDenominator), v128.xor(x, negative));
}

/** The activation of the gates, as a type parameter: the kernels are compiled once for each. */
export type Sigmoid = f32;
export type HardSigmoid = i32;

/** The gates' activation. */
// @ts-ignore: decorator
@inline
export function gate<S>(table: usize, x: v128): v128 {
  if (isFloat<S>()) return sigmoid(table, x);
  // Keras 2's: 0.2x + 0.5 within [0, 1].
  const line = multiplyAdd(constant(table, FIFTH), x, constant(table, HALF));
  return f32x4.pmin(f32x4.pmax(line, constant(table, ZERO)), one(table));
}

/** The gradient through the gates' activation: a times the derivative where its value is s. */
// @ts-ignore: decorator
@inline
export function gateGradient<S>(table: usize, a: v128, s: v128): v128 {
  if (isFloat<S>()) return sigmoidGradient(table, a, s);
  const slope = v128.and(constant(table, FIFTH), v128.and(f32x4.gt(s, constant(table, ZERO)), f32x4.lt(s, one(table))));
  return nanWhereNan(f32x4.mul(a, slope), s);
}

/**
 * 1 / (1 + e^-x) = e^x / (1 + e^x). Numerator and denominator are scaled by 1.5·2^64. The power of two keeps small e^x normal
 * numbers. The 1.5 makes their rounding errors small where the quotient is just below a power of two, where those count most.
 */
// @ts-ignore: decorator
@inline
export function sigmoid(table: usize, x: v128): v128 {
  const y = atMostHighest(table, atLeastLowest(table, x));
  const shifted = shiftedExponent(table, y), n = exponent(table, shifted);
  const near = nearPart(table, n, y), low = lowPart(table, n);
  const more = rest(table, f32x4.add(near, low), low);
  const scale = constant(table, SCALE_AND_A_HALF), grown = power(table, shifted, SCALE_AND_A_HALF);
  // 1.5·2^n·near is exact, 1.5·2^n·(near + more) is not: without a fused multiply-add that would round twice.
  const e = ASC_FEATURE_RELAXED_SIMD
    ? multiplyAdd(grown, f32x4.add(near, more), grown)
    : f32x4.add(grown, f32x4.add(f32x4.mul(grown, near), f32x4.mul(grown, more)));
  return f32x4.div(e, f32x4.add(e, scale));
}

/** a · s(1 - s): the gradient through a sigmoid whose value is s. */
// @ts-ignore: decorator
@inline
export function sigmoidGradient(table: usize, a: v128, s: v128): v128 {
  return f32x4.mul(a, f32x4.mul(s, f32x4.sub(one(table), s)));
}

/** a · (1 - t²): the gradient through a tanh whose value is t. */
// @ts-ignore: decorator
@inline
export function tanhGradient(table: usize, a: v128, t: v128): v128 {
  return f32x4.mul(a, f32x4.sub(one(table), f32x4.mul(t, t)));
}

// @ts-ignore: decorator
@inline
export function relu(table: usize, x: v128): v128 {
  return f32x4.pmax(x, constant(table, ZERO));
}

/** The gradient through a relu whose value is h: a where h > 0. */
// @ts-ignore: decorator
@inline
export function reluGradient(table: usize, a: v128, h: v128): v128 {
  return nanWhereNan(f32x4.mul(a, v128.and(one(table), f32x4.gt(h, constant(table, ZERO)))), h);
}

/** `value`, but NaN where `source` is: a comparison gives bits that are a NaN. */
// @ts-ignore: decorator
@inline
function nanWhereNan(value: v128, source: v128): v128 {
  return v128.or(value, f32x4.ne(source, source));
}
