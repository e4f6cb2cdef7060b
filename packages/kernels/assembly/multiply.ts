import { PANEL, tile, tilePanels, tileRows } from './generated/micro-kernels';

/** M is cut into blocks so that a block of A (96 rows of some hundred floats) stays in the L2 cache across panels. */
const M_BLOCK: i32 = 96;

/** Most terms in a block of K: 384 x 16 floats are 24 KB. */
const K_BLOCK: i32 = 384;

/**
 * C[M,N] = C0[M,N] + A[M,K]·B[K,N]; N is a multiple of PANEL. Panel j of B starts at panels + j·panelAdvance, its rows
 * panelStride apart. C0 may be C, or a single row with stride 0. Strides are in bytes.
 */
export function multiply(M: i32, N: i32, K: i32, a: usize, rowStride: usize, panels: usize, panelAdvance: usize, panelStride: usize, c0: usize, c0Stride: usize, c: usize, cStride: usize): void {
  for (let block = 0; block < M; block += M_BLOCK) {
    const blockEnd = min(block + M_BLOCK, M);
    const together = tilePanels(blockEnd - block);
    for (let j = 0; j < N; ) {
      const count = N - j >= together * PANEL ? together : 1;
      const column = <usize>j << 2, panel = panels + <usize>(j / PANEL) * panelAdvance;
      for (let k = 0; k < K; ) {
        const kCount = kBlock(K - k);
        const from = k ? c + column : c0 + column, fromStride = k ? cStride : c0Stride;
        const aBlock = a + (<usize>k << 2), bBlock = panel + <usize>k * panelStride;
        for (let m = block; m < blockEnd; ) {
          const rows = tileRows(blockEnd - m), row = <usize>m;
          tile(rows, count, bBlock, panelAdvance, panelStride, c + row * cStride + column, cStride, from + row * fromStride, fromStride, aBlock + row * rowStride, rowStride, 4, kCount);
          m += rows;
        }
        k += kCount;
      }
      j += count * PANEL;
    }
  }
}

/** Terms in the next block of K. A block of a panel stays in the L1 cache while the rows of A pass; the last block is not small. */
function kBlock(left: i32): i32 {
  return left <= K_BLOCK ? left : left < 2 * K_BLOCK ? left >> 1 : K_BLOCK;
}

/** C[M,PANEL] = C0 + A·panel, A packed by packRows; a panel of K rows, panelStride apart. */
export function multiplyPackedRows(M: i32, K: i32, packedRows: usize, panel: usize, panelStride: usize, c0: usize, c0Stride: usize, c: usize, cStride: usize): void {
  for (let m = 0; m < M; ) {
    const rows = tileRows(M - m), row = <usize>m;
    tile(rows, 1, panel, 0, panelStride, c + row * cStride, cStride, c0 + row * c0Stride, c0Stride, packedRows, 4, <usize>rows << 2, K);
    packedRows += <usize>(rows * K) << 2;
    m += rows;
  }
}
