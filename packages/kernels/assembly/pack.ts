/** Columns of a B panel: two 128-bit vectors. */
export const PANEL: i32 = 8;
export const PANEL_BYTES: usize = 32;
/** K is cut into blocks so that one panel (256 x 8 floats, 8 KB) stays in the L1 cache. */
export const K_BLOCK: i32 = 256;

/** Copies rows [k, k+kCount) of op(B), all full panels, to `to` as [panel][k][8]. */
export function packPanels(b: usize, transposeB: i32, k: i32, kCount: i32, N: i32, K: i32, to: usize): void {
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
export function packTail(b: usize, transposeB: i32, k: i32, kCount: i32, N: i32, K: i32, to: usize): void {
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
