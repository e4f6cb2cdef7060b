import {
  constant,
  exponent,
  fall,
  HALF,
  HIGHEST,
  LOWEST,
  MAGNITUDE,
  ONE,
  power,
  remainder,
  SLOPE,
  SMALL_SCALE,
  shiftedExponent,
  smallRemainder,
  ZERO,
} from './exponential';
import { multiplyAdd, subtractProduct } from './simd';

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
  const magnitude = v128.and(x, constant(table, MAGNITUDE));
  const y = f32x4.pmin(f32x4.add(magnitude, magnitude), constant(table, HIGHEST));
  const shifted = shiftedExponent(table, y), n = exponent(table, shifted);
  const fallen = fall(table, smallRemainder(table, n, y)), scaled = power(table, shifted, ONE);
  const numerator = multiplyAdd(scaled, fallen, f32x4.sub(one(table), scaled));
  const denominator = subtractProduct(scaled, fallen, f32x4.add(one(table), scaled));
  return v128.xor(f32x4.div(numerator, denominator), v128.xor(x, magnitude));
}

/** The activation of the gates, as a type parameter: the kernels are compiled once for each. */
export type Sigmoid = f32;
export type HardSigmoid = i32;

/** The gates' activation. */
// @ts-ignore: decorator
@inline
export function gate<S>(table: usize, x: v128): v128 {
  if (isFloat<S>()) return sigmoid(table, x);
  // slope·x + 0.5 within [0, 1].
  const line = multiplyAdd(constant(table, SLOPE), x, constant(table, HALF));
  return f32x4.pmin(f32x4.pmax(line, constant(table, ZERO)), one(table));
}

/** The gradient through the gates' activation: a times the derivative where its value is s. */
// @ts-ignore: decorator
@inline
export function gateGradient<S>(table: usize, a: v128, s: v128): v128 {
  if (isFloat<S>()) return sigmoidGradient(table, a, s);
  const slope = v128.and(constant(table, SLOPE), v128.and(f32x4.gt(s, constant(table, ZERO)), f32x4.lt(s, one(table))));
  return nanWhereNan(f32x4.mul(a, slope), s);
}

/**
 * 1 / (1 + e^-x), numerator and denominator scaled by 1.875·2^-64. The power of two keeps large e^-x below infinity. With the 1.875,
 * quotients just below a power of two, where rounding errors count most, have smaller errors.
 */
// @ts-ignore: decorator
@inline
export function sigmoid(table: usize, x: v128): v128 {
  const y = f32x4.pmin(f32x4.pmax(x, constant(table, LOWEST)), constant(table, HIGHEST));
  const shifted = shiftedExponent(table, y), n = exponent(table, shifted);
  const fallen = fall(table, remainder(table, n, y));
  const scale = constant(table, SMALL_SCALE), scaled = power(table, shifted, SMALL_SCALE);
  return f32x4.div(scale, subtractProduct(scaled, fallen, f32x4.add(scale, scaled)));
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
