import { multiplyAdd } from './simd';

/**
 * tanh and sigmoid of eight floats at a time, as two neighbouring vectors, in straight lines: V8's revectorizer joins such
 * pairs into 256-bit instructions. Constants are read from a table in scratch memory: V8 rebuilds literals at every use.
 */
export const TABLE_BYTES: usize = 128;

/** Fills the table that `tanh` and `sigmoid` read. */
export function fillTable(table: usize): void {
  store<f32>(table, -7.90531110763549805);
  store<f32>(table, 7.90531110763549805, 4);
  store<f32>(table, -2.76076847742355e-16, 8);
  store<f32>(table, 2.00018790482477e-13, 12);
  store<f32>(table, -8.60467152213735e-11, 16);
  store<f32>(table, 5.12229709037114e-8, 20);
  store<f32>(table, 1.48572235717979e-5, 24);
  store<f32>(table, 6.37261928875436e-4, 28);
  store<f32>(table, 4.89352455891786e-3, 32);
  store<f32>(table, 1.19825839466702e-6, 36);
  store<f32>(table, 1.18534705686654e-4, 40);
  store<f32>(table, 2.26843463243900e-3, 44);
  store<f32>(table, 4.89352518554385e-3, 48);
  store<f32>(table, 0.5, 52);
  store<f32>(table, 1, 56);
  store<f32>(table, 0, 60);
  store<f32>(table, 0.2, 64);
}

// @ts-ignore: decorator
@inline
function constant(table: usize, offset: usize): v128 {
  return v128.load_splat<f32>(table + offset);
}

// @ts-ignore: decorator
@inline
export function one(table: usize): v128 {
  return constant(table, 56);
}

/** tanh x, absolute error below 2e-7: a quotient of polynomials of degree 13 and 6 on the range where float32 is below 1 (Eigen's ptanh). */
// @ts-ignore: decorator
@inline
export function tanh(table: usize, x: v128): v128 {
  const bounded = f32x4.pmin(constant(table, 4), f32x4.pmax(constant(table, 0), x));
  const z = f32x4.mul(bounded, bounded);
  let p = multiplyAdd(z, constant(table, 8), constant(table, 12));
  p = multiplyAdd(z, p, constant(table, 16));
  p = multiplyAdd(z, p, constant(table, 20));
  p = multiplyAdd(z, p, constant(table, 24));
  p = multiplyAdd(z, p, constant(table, 28));
  p = multiplyAdd(z, p, constant(table, 32));
  let q = multiplyAdd(z, constant(table, 36), constant(table, 40));
  q = multiplyAdd(z, q, constant(table, 44));
  q = multiplyAdd(z, q, constant(table, 48));
  return f32x4.div(f32x4.mul(bounded, p), q);
}

/** What gates pass through. The kernels are compiled for each: a type parameter of these chooses. */
export type Sigmoid = f32;
export type HardSigmoid = i32;

/** The gates' activation. */
// @ts-ignore: decorator
@inline
export function gate<S>(table: usize, x: v128): v128 {
  if (isFloat<S>()) return sigmoid(table, x);
  // Keras 2's: 0.2x + 0.5 within [0, 1].
  return f32x4.pmin(one(table), f32x4.pmax(constant(table, 60), multiplyAdd(constant(table, 64), x, constant(table, 52))));
}

/** a times the derivative of the gates' activation where its value is s. */
// @ts-ignore: decorator
@inline
export function gateGradient<S>(table: usize, a: v128, s: v128): v128 {
  if (isFloat<S>()) return sigmoidGradient(table, a, s);
  const slope = v128.and(constant(table, 64), v128.and(f32x4.gt(s, constant(table, 60)), f32x4.lt(s, one(table))));
  return f32x4.mul(a, slope);
}

/** 1 / (1 + e^-x) = (1 + tanh(x/2)) / 2. */
// @ts-ignore: decorator
@inline
export function sigmoid(table: usize, x: v128): v128 {
  const half = constant(table, 52);
  return multiplyAdd(half, tanh(table, f32x4.mul(half, x)), half);
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
