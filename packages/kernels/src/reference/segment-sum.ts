/** The naive twin of `segmentSum`: out[S,D] sums the rows of x[n,D] by id; ids outside [0,S) are dropped. */
export function segmentSum(size: { n: number; D: number; S: number }, x: Float32Array, ids: Int32Array, out: Float32Array): void {
  const { n, D, S } = size;
  out.fill(0);
  for (let i = 0; i < n; i++) {
    const id = ids[i] ?? -1;
    if (id < 0 || id >= S) continue;
    for (let d = 0; d < D; d++) out[id * D + d] = Math.fround((out[id * D + d] ?? 0) + (x[i * D + d] ?? 0));
  }
}
