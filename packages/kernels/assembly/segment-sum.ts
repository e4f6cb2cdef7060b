/**
 * out[S,D]: the sum of the rows of x[n,D] whose id is s, for each s (the gradient of an embedding lookup).
 * Rows are added in order, so the result depends on the input alone. Ids outside [0,S) are dropped,
 * as TensorFlow's UnsortedSegmentSum does with negative ids.
 */
export function segmentSum(n: i32, D: i32, S: i32, x: usize, ids: usize, out: usize): void {
  const rowBytes = <usize>D << 2;
  memory.fill(out, 0, <usize>S * rowBytes);
  const vectorBytes = rowBytes & ~15;
  for (let i = 0; i < n; i++) {
    const id = load<u32>(ids + (<usize>i << 2));
    if (id < <u32>S) {
      const row = out + <usize>id * rowBytes;
      for (let d: usize = 0; d < vectorBytes; d += 16) v128.store(row + d, f32x4.add(v128.load(row + d), v128.load(x + d)));
      for (let d = vectorBytes; d < rowBytes; d += 4) store<f32>(row + d, load<f32>(row + d) + load<f32>(x + d));
    }
    x += rowBytes;
  }
}
