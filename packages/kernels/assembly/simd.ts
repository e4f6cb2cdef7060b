/** a·b + c in each lane: one rounding (fused) in the relaxed build where the CPU has it, two otherwise. */
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Up to four floats; missing lanes are 0. */
// @ts-ignore: decorator
@inline
export function loadLanes(from: usize, count: i32): v128 {
  return count >= 4 ? v128.load(from) : loadTail(from, count);
}

function loadTail(from: usize, count: i32): v128 {
  let lanes = f32x4.replace_lane(f32x4.splat(0), 0, load<f32>(from));
  if (count > 1) lanes = f32x4.replace_lane(lanes, 1, load<f32>(from, 4));
  if (count > 2) lanes = f32x4.replace_lane(lanes, 2, load<f32>(from, 8));
  return lanes;
}

/** The first `count` lanes, four at most. */
// @ts-ignore: decorator
@inline
export function storeLanes(to: usize, lanes: v128, count: i32): void {
  if (count >= 4) v128.store(to, lanes);
  else storeTail(to, lanes, count);
}

function storeTail(to: usize, lanes: v128, count: i32): void {
  store<f32>(to, f32x4.extract_lane(lanes, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(lanes, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(lanes, 2), 8);
}

/** Every scratch array starts at a multiple of 16. */
export function align16(bytes: usize): usize {
  return (bytes + 15) & ~15;
}
