import { multiplyBlock } from './multiply-block';
import { K_BLOCK, PANEL, PANEL_BYTES, packPanels, packTail } from './pack';

/** Bytes of a whole op(B)[K,N] packed for use at every time step. */
export function packedBytes(N: i32, K: i32): usize {
  return <usize>((N + PANEL - 1) / PANEL) * <usize>K * PANEL_BYTES;
}

/** Packs op(B)[K,N] as [block of K][panel][k][8]. B is [K,N], or [N,K] if transposeB. */
export function packMatrix(b: usize, transposeB: i32, N: i32, K: i32, to: usize): void {
  for (let k = 0; k < K; k += K_BLOCK) {
    const kCount = min(K_BLOCK, K - k);
    packPanels(b, transposeB, k, kCount, N, K, to);
    packTail(b, transposeB, k, kCount, N, K, to + <usize>(N / PANEL) * <usize>kCount * PANEL_BYTES);
    to += packedBytes(N, kCount);
  }
}

/** C[M,N] = C0[M,N] + A[M,K]·B, B packed. Rows of A, C0 and C are `…Stride` bytes apart. C0 may be C. */
export function multiplyPacked(M: i32, N: i32, K: i32, a: usize, aStride: usize, packed: usize, c0: usize, c0Stride: usize, c: usize, cStride: usize, tailTile: usize): void {
  for (let k = 0; k < K; k += K_BLOCK) {
    const kCount = min(K_BLOCK, K - k);
    const panelBytes = <usize>kCount * PANEL_BYTES;
    multiplyBlock(M, N, kCount, a + (<usize>k << 2), aStride, 4, packed, panelBytes, PANEL_BYTES, packed + <usize>(N / PANEL) * panelBytes, c0, c0Stride, c, cStride, tailTile);
    packed += packedBytes(N, kCount);
    c0 = c;
    c0Stride = cStride;
  }
}
