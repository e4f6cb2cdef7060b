/** Loops over rows of floats. Rows are short, and V8 makes a call of every memory.copy. */

/** to = from, n floats. */
export function copyRow(to: usize, from: usize, n: usize): void {
  const end = to + (n << 2), vectors = to + ((n & ~3) << 2);
  for (; to < vectors; to += 16, from += 16) v128.store(to, v128.load(from));
  for (; to < end; to += 4, from += 4) store<f32>(to, load<f32>(from));
}

/** to = a ∘ b, n floats. */
export function multiplyRow(to: usize, a: usize, b: usize, n: usize): void {
  const end = to + (n << 2), vectors = to + ((n & ~3) << 2);
  for (; to < vectors; to += 16, a += 16, b += 16) v128.store(to, f32x4.mul(v128.load(a), v128.load(b)));
  for (; to < end; to += 4, a += 4, b += 4) store<f32>(to, load<f32>(a) * load<f32>(b));
}

/** to += a, n floats. */
export function addRow(to: usize, a: usize, n: usize): void {
  const end = to + (n << 2), vectors = to + ((n & ~3) << 2);
  for (; to < vectors; to += 16, a += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(a)));
  for (; to < end; to += 4, a += 4) store<f32>(to, load<f32>(to) + load<f32>(a));
}

/** to += a ∘ b, n floats. */
export function addProductRow(to: usize, a: usize, b: usize, n: usize): void {
  const end = to + (n << 2), vectors = to + ((n & ~3) << 2);
  for (; to < vectors; to += 16, a += 16, b += 16) v128.store(to, f32x4.add(v128.load(to), f32x4.mul(v128.load(a), v128.load(b))));
  for (; to < end; to += 4, a += 4, b += 4) store<f32>(to, load<f32>(to) + load<f32>(a) * load<f32>(b));
}

/** to = 0, n floats. */
export function clearRow(to: usize, n: usize): void {
  const end = to + (n << 2), vectors = to + ((n & ~3) << 2);
  for (; to < vectors; to += 16) v128.store(to, f32x4.splat(0));
  for (; to < end; to += 4) store<f32>(to, 0);
}

/** Rows `from` of `fromFloats` become rows `to` of `toFloats`: the shorter length is copied, zeros beyond. */
export function resizeRows(to: usize, toFloats: i32, from: usize, fromFloats: i32, rows: i32): void {
  const shared = <usize>min(toFloats, fromFloats), beyond = <usize>toFloats - shared;
  for (let i = 0; i < rows; i++) {
    copyRow(to, from, shared);
    clearRow(to + (shared << 2), beyond);
    to += <usize>toFloats << 2;
    from += <usize>fromFloats << 2;
  }
}

/** Copies `count` rows of n floats between strides in bytes. */
export function copyRows(to: usize, toStride: usize, from: usize, fromStride: usize, n: i32, count: i32): void {
  for (let i = 0; i < count; i++, to += toStride, from += fromStride) copyRow(to, from, n);
}
