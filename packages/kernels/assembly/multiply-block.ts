import { MAX_TILE_ROWS, tile } from './generated/micro-kernels';
import { PANEL, PANEL_BYTES } from './pack';

/** M is cut into blocks so that a block of A (96 x 256 floats, 96 KB) stays in the L2 cache across panels. */
const M_BLOCK: i32 = 96;

/** Scratch bytes of `tailTile`. */
export const TAIL_TILE_BYTES: usize = <usize>MAX_TILE_ROWS * PANEL_BYTES;

/**
 * C[M,N] = C0[M,N] + A[M,K]·B[K,N] for at most K_BLOCK terms. A is read through two strides, so A and Aᵀ are alike.
 * Panel j of B's full columns starts at panels + j * panelAdvance, its rows panelStride apart; the last N % 8 columns
 * are packed at `tailPanel`. C0 may be C, or a single row spread over all with stride 0. Strides in bytes.
 */
export function multiplyBlock(
  M: i32, N: i32, K: i32,
  a: usize, rowStride: usize, kStride: usize,
  panels: usize, panelAdvance: usize, panelStride: usize, tailPanel: usize,
  c0: usize, c0Stride: usize, c: usize, cStride: usize, tailTile: usize,
): void {
  const fullColumns = N & ~(PANEL - 1);
  const tailBytes = <usize>(N - fullColumns) << 2;
  for (let block = 0; block < M; block += M_BLOCK) {
    const blockEnd = min(block + M_BLOCK, M);

    for (let j = 0; j < fullColumns; j += PANEL) {
      const column = <usize>j << 2;
      const panel = panels + <usize>(j / PANEL) * panelAdvance;
      for (let m = block; m < blockEnd; m += MAX_TILE_ROWS) {
        const row = <usize>m;
        tile(min(MAX_TILE_ROWS, blockEnd - m), panel, panelStride, c + row * cStride + column, cStride, c0 + row * c0Stride + column, c0Stride, a + row * rowStride, rowStride, kStride, K);
      }
    }

    if (tailBytes) {
      const column = <usize>fullColumns << 2;
      for (let m = block; m < blockEnd; m += MAX_TILE_ROWS) {
        const rows = min(MAX_TILE_ROWS, blockEnd - m);
        const cTail = c + <usize>m * cStride + column;
        const c0Tail = c0 + <usize>m * c0Stride + column;
        memory.fill(tailTile, 0, TAIL_TILE_BYTES);
        for (let r: usize = 0; r < <usize>rows; r++) memory.copy(tailTile + r * PANEL_BYTES, c0Tail + r * c0Stride, tailBytes);
        tile(rows, tailPanel, PANEL_BYTES, tailTile, PANEL_BYTES, tailTile, PANEL_BYTES, a + <usize>m * rowStride, rowStride, kStride, K);
        for (let r: usize = 0; r < <usize>rows; r++) memory.copy(cTail + r * cStride, tailTile + r * PANEL_BYTES, tailBytes);
      }
    }
  }
}
