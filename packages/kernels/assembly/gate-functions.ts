import { multiplyAdd } from './simd';

/** e^x in each lane, relative error about 1e-7: x = n·ln 2 + r, a polynomial in r, n into the exponent (Moshier's Cephes expf). */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const clamped = f32x4.pmin(f32x4.splat(88.02), f32x4.pmax(f32x4.splat(-87.33), x));
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(1.44269504088896341)));
  const r = multiplyAdd(n, f32x4.splat(2.12194440e-4), multiplyAdd(n, f32x4.splat(-0.693359375), clamped));
  let p = multiplyAdd(r, f32x4.splat(1.9875691500e-4), f32x4.splat(1.3981999507e-3));
  p = multiplyAdd(p, r, f32x4.splat(8.3334519073e-3));
  p = multiplyAdd(p, r, f32x4.splat(4.1665795894e-2));
  p = multiplyAdd(p, r, f32x4.splat(1.6666665459e-1));
  p = multiplyAdd(p, r, f32x4.splat(5.0000001201e-1));
  p = f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

/** 1 / (1 + e^-x). */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exp(f32x4.neg(x))));
}

/** tanh x, relative error about 1e-7 also near 0: a polynomial below 0.625, 1 - 2 / (e^2|x| + 1) above (Cephes tanhf). */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = multiplyAdd(z, f32x4.splat(-5.70498872745e-3), f32x4.splat(2.06390887954e-2));
  p = multiplyAdd(p, z, f32x4.splat(-5.37397155531e-2));
  p = multiplyAdd(p, z, f32x4.splat(1.33314422036e-1));
  p = multiplyAdd(p, z, f32x4.splat(-3.33332819422e-1));
  const small = multiplyAdd(f32x4.mul(p, z), x, x);
  const e = exp(f32x4.add(magnitude, magnitude));
  const large = f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(2), f32x4.add(e, f32x4.splat(1))));
  const sign = v128.and(x, i32x4.splat(0x80000000));
  return v128.bitselect(small, v128.or(large, sign), f32x4.lt(magnitude, f32x4.splat(0.625)));
}

/** a · s(1 - s): the gradient through a sigmoid whose value is s. */
// @ts-ignore: decorator
@inline
export function sigmoidGradient(a: v128, s: v128): v128 {
  return f32x4.mul(a, f32x4.mul(s, f32x4.sub(f32x4.splat(1), s)));
}

/** a · (1 - t²): the gradient through a tanh whose value is t. */
// @ts-ignore: decorator
@inline
export function tanhGradient(a: v128, t: v128): v128 {
  return f32x4.mul(a, f32x4.sub(f32x4.splat(1), f32x4.mul(t, t)));
}
