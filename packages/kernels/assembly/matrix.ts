import { PANEL, PANEL_BYTES } from './generated/micro-kernels';
import { multiply } from './multiply';
import { packPanel } from './pack';
import { multiplyInt8 } from './quantized';

/** Rows packed at a time, panel after panel. All rows of one panel would be in as many pages of memory. */
const ROWS_TOGETHER: i32 = 8;

/** W or U [K, gates·units] as the recurrent kernels multiply by it: packed panels of float32, or packed int8. */
@unmanaged
export class Matrix {
  /** Packed by packInt8, or null. */
  int8: usize;
  panels: usize;
  /** Bytes from a panel to the next, and from a row to the next. */
  advance: usize;
  stride: usize;
}

/** Packs `from` [K, gates·H] at `to`. An int8 matrix is packed already; with `inPlace` (whole panels, few rows) it is read in place. */
export function prepareMatrix(matrix: Matrix, from: usize, int8: bool, K: i32, gates: i32, H: i32, units: i32, inPlace: bool, to: usize): void {
  matrix.int8 = int8 ? from : 0;
  matrix.panels = inPlace ? from : to;
  matrix.advance = inPlace ? PANEL_BYTES : <usize>K * PANEL_BYTES;
  matrix.stride = inPlace ? <usize>(gates * H) << 2 : PANEL_BYTES;
  if (int8 || inPlace) return;
  const stride = <usize>(gates * H) << 2;
  for (let k = 0; k < K; k += ROWS_TOGETHER) {
    let panel = to + <usize>k * PANEL_BYTES;
    for (let gate = 0; gate < gates; gate++) {
      for (let j = 0; j < units; j += PANEL, panel += matrix.advance) {
        packPanel(from + (<usize>(gate * H + j) << 2), stride, min(ROWS_TOGETHER, K - k), min(PANEL, H - j), panel);
      }
    }
    from += ROWS_TOGETHER * stride;
  }
}

/** C[M,N] = C0 + A[M,K]·(the matrix's columns from `first` on). N and `first` are whole panels. Only int8 matrices use the scratch memory. */
export function multiplyBy(matrix: Matrix, first: i32, M: i32, N: i32, K: i32, a: usize, aStride: usize, c0: usize, c0Stride: usize, c: usize, cStride: usize, scratch: usize): void {
  if (matrix.int8) multiplyInt8(M, N, K, a, aStride, matrix.int8, first, c0, c0Stride, c, cStride, scratch);
  else multiply(M, N, K, a, aStride, matrix.panels + <usize>(first / PANEL) * matrix.advance, matrix.advance, matrix.stride, c0, c0Stride, c, cStride);
}
