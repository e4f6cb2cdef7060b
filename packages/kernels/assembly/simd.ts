/** a·b + c in each lane: one rounding (fused) in the relaxed builds where the CPU has it, two otherwise. */
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** c - a·b in each lane, rounded as in multiplyAdd. */
export function subtractProduct(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

/** Scratch arrays start at cache lines. */
export function align(bytes: usize): usize {
  return (bytes + 63) & ~63;
}
