import { PANEL, PANEL_BYTES, tileRows } from './generated/micro-kernels';

/** One panel of B: `columns` (at most PANEL) columns of K rows, `stride` bytes apart, become K rows of PANEL floats, zeros beyond. */
export function packPanel(from: usize, stride: usize, K: i32, columns: i32, to: usize): void {
  if (columns == PANEL) {
    for (let k = 0; k < K; k++) {
      for (let i: usize = 0; i < PANEL_BYTES; i += 16) v128.store(to + i, v128.load(from + i));
      from += stride;
      to += PANEL_BYTES;
    }
    return;
  }
  memory.fill(to, 0, <usize>K * PANEL_BYTES);
  for (let k = 0; k < K; k++) {
    for (let n = 0; n < columns; n++) store<f32>(to + (<usize>n << 2), load<f32>(from + (<usize>n << 2)));
    from += stride;
    to += PANEL_BYTES;
  }
}

/** One panel of Bᵀ: `columns` rows of K floats, `stride` bytes apart, become K rows of PANEL floats, zeros beyond. */
export function packPanelTransposed(from: usize, stride: usize, K: i32, columns: i32, to: usize): void {
  const wholeBlocks = columns == PANEL ? K & ~3 : 0;
  for (let k = 0; k < wholeBlocks; k += 4) {
    let source = from;
    for (let n: usize = 0; n < PANEL_BYTES; n += 16) {
      const r0 = v128.load(source), r1 = v128.load(source + stride);
      const r2 = v128.load(source + 2 * stride), r3 = v128.load(source + 3 * stride);
      const low01 = i32x4.shuffle(r0, r1, 0, 4, 1, 5), high01 = i32x4.shuffle(r0, r1, 2, 6, 3, 7);
      const low23 = i32x4.shuffle(r2, r3, 0, 4, 1, 5), high23 = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
      const target = to + n;
      v128.store(target, i32x4.shuffle(low01, low23, 0, 1, 4, 5));
      v128.store(target + PANEL_BYTES, i32x4.shuffle(low01, low23, 2, 3, 6, 7));
      v128.store(target + 2 * PANEL_BYTES, i32x4.shuffle(high01, high23, 0, 1, 4, 5));
      v128.store(target + 3 * PANEL_BYTES, i32x4.shuffle(high01, high23, 2, 3, 6, 7));
      source += 4 * stride;
    }
    from += 16;
    to += 4 * PANEL_BYTES;
  }
  if (columns < PANEL) memory.fill(to, 0, <usize>(K - wholeBlocks) * PANEL_BYTES);
  for (let k = wholeBlocks; k < K; k++) {
    for (let n: usize = 0; n < <usize>columns; n++) store<f32>(to + (n << 2), load<f32>(from + n * stride));
    from += 4;
    to += PANEL_BYTES;
  }
}

/**
 * Aᵀ for the tiles: K rows of M floats, `stride` bytes apart, become [tile][k][rows of the tile]. Read in place, the
 * columns of a tile would be a whole row apart, often in the same cache sets.
 */
export function packRows(from: usize, stride: usize, K: i32, M: i32, to: usize): void {
  for (let m = 0; m < M; ) {
    const rows = tileRows(M - m);
    let source = from + (<usize>m << 2);
    if (rows == 6) {
      for (let k = 0; k < K; k++) {
        v128.store(to, v128.load(source));
        store<u64>(to, load<u64>(source, 16), 16);
        source += stride;
        to += 24;
      }
    } else {
      for (let k = 0; k < K; k++) {
        for (let r: usize = 0; r < <usize>rows; r++) store<f32>(to + (r << 2), load<f32>(source + (r << 2)));
        source += stride;
        to += <usize>rows << 2;
      }
    }
    m += rows;
  }
}
