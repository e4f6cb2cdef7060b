/** The naive twin of `gemm`: C[M,N] = op(A)·op(B) + bias, accumulated in float64. */
export function gemm(
  size: { M: number; N: number; K: number; transposeA: boolean; transposeB: boolean },
  a: Float32Array,
  b: Float32Array,
  bias: Float32Array | undefined,
  c: Float32Array,
): void {
  const { M, N, K, transposeA, transposeB } = size;
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let sum = bias?.[n] ?? 0;
      for (let k = 0; k < K; k++) {
        const left = a[transposeA ? k * M + m : m * K + k] ?? Number.NaN;
        const right = b[transposeB ? n * K + k : k * N + n] ?? Number.NaN;
        sum += left * right;
      }
      c[m * N + n] = sum;
    }
  }
}
