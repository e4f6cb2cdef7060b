import { MAX_TILE_ROWS, tile } from './generated/micro-kernels';

/** Columns of a B panel: two 128-bit vectors. */
const PANEL: i32 = 8;
const PANEL_BYTES: usize = 32;
/** K is cut into blocks so that one panel (256 x 8 floats, 8 KB) stays in the L1 cache. */
const K_BLOCK: i32 = 256;
/** M is cut into blocks so that a block of A (96 x 256 floats, 96 KB) stays in the L2 cache across panels. */
const M_BLOCK: i32 = 96;
/** Up to this many rows, packing B costs more than reading it in place. */
const UNPACKED_ROWS: i32 = 12;

/** Scratch bytes that `gemm` needs for N columns: packed B, a tile for the last columns, padded bias, alignment. */
export function gemmWorkspaceBytes(N: i32, K: i32): i32 {
  const panels = (N + PANEL - 1) / PANEL;
  return (min(K, K_BLOCK) * panels + MAX_TILE_ROWS + 2) * <i32>PANEL_BYTES + 16;
}

/**
 * C[M,N] = op(A)·op(B) + bias, float32, row-major and contiguous.
 * A is [M,K], or [K,M] if transposeA. B is [K,N], or [N,K] if transposeB. bias is [N], or the null pointer.
 * C must not overlap A, B or bias. M, N, K >= 1.
 */
export function gemm(M: i32, N: i32, K: i32, a: usize, transposeA: i32, b: usize, transposeB: i32, bias: usize, c: usize, workspace: usize): void {
  const zeros = (workspace + 15) & ~15;
  const tailBias = zeros + PANEL_BYTES;
  const tailTile = tailBias + PANEL_BYTES;
  const packed = tailTile + <usize>MAX_TILE_ROWS * PANEL_BYTES;

  const fullColumns = N & ~(PANEL - 1);
  const tailBytes = <usize>(N - fullColumns) << 2;
  memory.fill(zeros, 0, 2 * PANEL_BYTES);
  if (bias && tailBytes) memory.copy(tailBias, bias + (<usize>fullColumns << 2), tailBytes);

  const rowStride: usize = transposeA ? 4 : <usize>K << 2;
  const kStride: usize = transposeA ? <usize>M << 2 : 4;
  const cStride = <usize>N << 2;
  const inPlace = !transposeB && M <= UNPACKED_ROWS;

  for (let k = 0; k < K; k += K_BLOCK) {
    const kCount = min(K_BLOCK, K - k);
    const panelBytes = <usize>kCount * PANEL_BYTES;
    const first = k == 0;
    if (!inPlace) packPanels(b, transposeB, k, kCount, N, K, packed);
    packTail(b, transposeB, k, kCount, N, K, packed + <usize>(fullColumns / PANEL) * panelBytes);

    for (let block = 0; block < M; block += M_BLOCK) {
      const blockEnd = min(block + M_BLOCK, M);
      const aBlock = a + <usize>k * kStride;

      for (let j = 0; j < fullColumns; j += PANEL) {
        const column = <usize>j << 2;
        const panel = inPlace ? b + <usize>k * cStride + column : packed + <usize>(j / PANEL) * panelBytes;
        const panelStride = inPlace ? cStride : PANEL_BYTES;
        for (let m = block; m < blockEnd; m += MAX_TILE_ROWS) {
          const cTile = c + <usize>m * cStride + column;
          const c0 = first ? (bias ? bias + column : zeros) : cTile;
          tile(min(MAX_TILE_ROWS, blockEnd - m), panel, panelStride, cTile, cStride, c0, first ? 0 : cStride, aBlock + <usize>m * rowStride, rowStride, kStride, kCount);
        }
      }

      if (tailBytes) {
        const panel = packed + <usize>(fullColumns / PANEL) * panelBytes;
        for (let m = block; m < blockEnd; m += MAX_TILE_ROWS) {
          const rows = min(MAX_TILE_ROWS, blockEnd - m);
          const cTail = c + <usize>m * cStride + (<usize>fullColumns << 2);
          if (!first) for (let r = 0; r < rows; r++) memory.copy(tailTile + <usize>r * PANEL_BYTES, cTail + <usize>r * cStride, tailBytes);
          tile(rows, panel, PANEL_BYTES, tailTile, PANEL_BYTES, first ? tailBias : tailTile, first ? 0 : PANEL_BYTES, aBlock + <usize>m * rowStride, rowStride, kStride, kCount);
          for (let r = 0; r < rows; r++) memory.copy(cTail + <usize>r * cStride, tailTile + <usize>r * PANEL_BYTES, tailBytes);
        }
      }
    }
  }
}

/** Copies rows [k, k+kCount) of op(B), all full panels, to `to` as [panel][k][8]. */
function packPanels(b: usize, transposeB: i32, k: i32, kCount: i32, N: i32, K: i32, to: usize): void {
  const fullColumns = N & ~(PANEL - 1);
  for (let j = 0; j < fullColumns; j += PANEL) {
    if (transposeB) {
      transposePanel(b + (<usize>(j * K + k) << 2), <usize>K << 2, kCount, to);
      to += <usize>kCount * PANEL_BYTES;
    } else {
      let from = b + (<usize>(k * N + j) << 2);
      for (let i = 0; i < kCount; i++) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        from += <usize>N << 2;
        to += PANEL_BYTES;
      }
    }
  }
}

/** Eight rows of kCount floats, `stride` bytes apart, become kCount rows of eight: 4x4 blocks, then one by one. */
function transposePanel(from: usize, stride: usize, kCount: i32, to: usize): void {
  const wholeBlocks = kCount & ~3;
  for (let i = 0; i < wholeBlocks; i += 4) {
    for (let half: usize = 0; half < 2; half++) {
      const source = from + half * 4 * stride;
      const r0 = v128.load(source), r1 = v128.load(source + stride);
      const r2 = v128.load(source + 2 * stride), r3 = v128.load(source + 3 * stride);
      const low01 = i32x4.shuffle(r0, r1, 0, 4, 1, 5), high01 = i32x4.shuffle(r0, r1, 2, 6, 3, 7);
      const low23 = i32x4.shuffle(r2, r3, 0, 4, 1, 5), high23 = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
      const target = to + half * 16;
      v128.store(target, i32x4.shuffle(low01, low23, 0, 1, 4, 5));
      v128.store(target, i32x4.shuffle(low01, low23, 2, 3, 6, 7), 32);
      v128.store(target, i32x4.shuffle(high01, high23, 0, 1, 4, 5), 64);
      v128.store(target, i32x4.shuffle(high01, high23, 2, 3, 6, 7), 96);
    }
    from += 16;
    to += 4 * PANEL_BYTES;
  }
  for (let i = wholeBlocks; i < kCount; i++) {
    for (let q: usize = 0; q < 8; q++) store<f32>(to + (q << 2), load<f32>(from + q * stride));
    from += 4;
    to += PANEL_BYTES;
  }
}

/** The last N % 8 columns of op(B), padded with zeros to a whole panel. */
function packTail(b: usize, transposeB: i32, k: i32, kCount: i32, N: i32, K: i32, to: usize): void {
  const first = N & ~(PANEL - 1);
  if (first == N) return;
  memory.fill(to, 0, <usize>kCount * PANEL_BYTES);
  const columnStride: usize = transposeB ? <usize>K << 2 : 4;
  const rowStride: usize = transposeB ? 4 : <usize>N << 2;
  for (let i = 0; i < kCount; i++) {
    const from = b + <usize>(k + i) * rowStride;
    for (let n = first; n < N; n++) store<f32>(to + (<usize>(n - first) << 2), load<f32>(from + <usize>n * columnStride));
    to += PANEL_BYTES;
  }
}
