import { multiplyBlock, TAIL_TILE_BYTES } from './multiply-block';
import { K_BLOCK, PANEL, PANEL_BYTES, packPanels, packTail } from './pack';

/** Up to this many rows, packing B costs more than reading it in place. */
const UNPACKED_ROWS: i32 = 12;

/** Scratch bytes that `gemm` needs for N columns and K terms: packed B, a row of zeros, a tile for the last columns, alignment. */
export function gemmWorkspaceBytes(N: i32, K: i32): i32 {
  const columns = (N + PANEL - 1) & ~(PANEL - 1);
  return (min(K, K_BLOCK) + 1) * columns * 4 + <i32>TAIL_TILE_BYTES + 16;
}

/**
 * C[M,N] = op(A)·op(B) + bias, float32, row-major and contiguous.
 * A is [M,K], or [K,M] if transposeA. B is [K,N], or [N,K] if transposeB. bias is [N], or the null pointer.
 * C must not overlap A, B or bias. M, N, K >= 1.
 */
export function gemm(M: i32, N: i32, K: i32, a: usize, transposeA: i32, b: usize, transposeB: i32, bias: usize, c: usize, workspace: usize): void {
  const columns = (N + PANEL - 1) & ~(PANEL - 1);
  const zeros = (workspace + 15) & ~15;
  const tailTile = zeros + (<usize>columns << 2);
  const packed = tailTile + TAIL_TILE_BYTES;
  memory.fill(zeros, 0, <usize>columns << 2);

  const rowStride: usize = transposeA ? 4 : <usize>K << 2;
  const kStride: usize = transposeA ? <usize>M << 2 : 4;
  const cStride = <usize>N << 2;
  const inPlace = !transposeB && M <= UNPACKED_ROWS;

  for (let k = 0; k < K; k += K_BLOCK) {
    const kCount = min(K_BLOCK, K - k);
    const panelBytes = <usize>kCount * PANEL_BYTES;
    const tailPanel = packed + <usize>(N / PANEL) * panelBytes;
    if (!inPlace) packPanels(b, transposeB, k, kCount, N, K, packed);
    packTail(b, transposeB, k, kCount, N, K, tailPanel);

    const panels = inPlace ? b + <usize>k * cStride : packed;
    const panelAdvance = inPlace ? PANEL_BYTES : panelBytes;
    const panelStride = inPlace ? cStride : PANEL_BYTES;
    const c0 = k ? c : bias ? bias : zeros;
    multiplyBlock(M, N, kCount, a + <usize>k * kStride, rowStride, kStride, panels, panelAdvance, panelStride, tailPanel, c0, k ? cStride : 0, c, cStride, tailTile);
  }
}
