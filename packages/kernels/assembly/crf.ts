import { fillTable } from './exponential';
import { PANEL, PANEL_BYTES } from './generated/micro-kernels';
import { packPanel, packPanelTransposed } from './pack';
import { clearRow } from './rows';
import { padded } from './run';
import { align } from './simd';
import { largestOf } from './softmax';
import { fillWideTable, NOTHING, relativeTo, WIDE_TABLE_BYTES, widePower } from './wide-exponent';

/**
 * The parameters of a linear-chain CRF over L labels, as its kernels multiply by them: e^(score - largest score). Rows have L labels and
 * zeros up to whole panels (`units`). "Wide" rows are mantissas, then exponents.
 */
@unmanaged
export class Crf {
  /** The largest scores, which the loss adds again. NaN or Infinity where a score is. */
  transitionShift: f64;
  startShift: f64;
  endShift: f64;
  table: usize;
  L: i32;
  units: i32;
  /** [units] wide. */
  start: usize;
  end: usize;
  /** [L] wide rows: from label j to label k. */
  wide: usize;
  /** [L,units] the same over 2^column, a float32 of at most 2. */
  matrix: usize;
  /** [units] int32: the largest exponent of each column. */
  columns: usize;
  /** `matrix`, or its transpose, packed. */
  panels: usize;
  /** [units] zeros. */
  zeros: usize;
}

/** Lays the arrays out from `at` on. Returns their end. With crf = null it only counts. */
function place(crf: Crf | null, L: i32, at: usize): usize {
  const units = padded(L), row = <usize>units << 2, rows = align(<usize>L * row);
  const start = at + align(WIDE_TABLE_BYTES), end = start + 2 * row, wide = end + 2 * row, matrix = wide + 2 * rows, columns = matrix + rows;
  const zeros = columns + row, panels = zeros + row;
  if (crf) {
    crf.table = at;
    crf.L = L;
    crf.units = units;
    crf.start = start;
    crf.end = end;
    crf.wide = wide;
    crf.matrix = matrix;
    crf.columns = columns;
    crf.zeros = zeros;
    crf.panels = panels;
  }
  return panels + align(<usize>(L * units) << 2);
}

/** Bytes of `prepareCrf`. */
export function crfBytes(L: i32): usize {
  return 128 + place(null, L, 0);
}

/** The parameters' rows from `at` on; with `transpose` the panels are those of the transposed matrix. */
export function prepareCrf(at: usize, L: i32, transitions: usize, start: usize, end: usize, transpose: bool): Crf {
  const crf = changetype<Crf>(at);
  place(crf, L, at + 128);
  const table = crf.table, units = crf.units, row = <usize>units << 2;
  fillTable(table);
  fillWideTable(table);
  clearRow(crf.zeros, units);
  crf.startShift = largestScore(start, L);
  crf.endShift = largestScore(end, L);
  crf.transitionShift = largestScore(transitions, L * L);
  wideRow(crf, start, <f32>crf.startShift, crf.start);
  wideRow(crf, end, <f32>crf.endShift, crf.end);
  for (let j: usize = 0; j < <usize>L; j++) wideRow(crf, transitions + j * (<usize>L << 2), <f32>crf.transitionShift, crf.wide + 2 * j * row);

  for (let k: usize = 0; k < row; k += 16) {
    let top = i32x4.splat(NOTHING);
    for (let j: usize = 0; j < <usize>L; j++) top = i32x4.max_s(top, v128.load(crf.wide + 2 * j * row + row + k));
    v128.store(crf.columns + k, top);
    for (let j: usize = 0; j < <usize>L; j++) {
      const wide = crf.wide + 2 * j * row + k;
      v128.store(crf.matrix + j * row + k, relativeTo(table, top, v128.load(wide), v128.load(wide + row)));
    }
  }
  // Columns beyond L are zeros already as exponents, but not in the matrix.
  for (let j: usize = 0; j < <usize>L; j++) clearRow(crf.matrix + j * row + (<usize>L << 2), units - L);
  for (let j = 0; j < units; j += PANEL) {
    const to = crf.panels + <usize>(j / PANEL * L) * PANEL_BYTES, count = min(PANEL, L - j);
    if (transpose) packPanelTransposed(crf.matrix + <usize>j * row, row, L, count, to);
    else packPanel(crf.matrix + (<usize>j << 2), row, L, count, to);
  }
  return crf;
}

/** The largest of n scores, or 0 if all are -Infinity. */
function largestScore(scores: usize, n: i32): f64 {
  const largest = largestOf(scores, n);
  return largest == f32.NEGATIVE_INFINITY ? 0 : largest;
}

/** e^(scores - largest) as a wide row. */
export function wideRow(crf: Crf, scores: usize, largest: f32, to: usize): void {
  const L = <usize>crf.L << 2, row = <usize>crf.units << 2, vectors = L & ~15, shift = f32x4.splat(largest);
  for (let k: usize = 0; k < vectors; k += 16) v128.store(to + k, f32x4.sub(shift, v128.load(scores + k)));
  for (let k = vectors; k < L; k += 4) store<f32>(to + k, largest - load<f32>(scores + k));
  for (let k = L; k < row; k += 4) store<f32>(to + k, f32.POSITIVE_INFINITY);
  widePower(crf.table, to, to, to + row, crf.units);
}

/** The largest exponent of a wide row. */
export function topOf(crf: Crf, wide: usize): i32 {
  const row = <usize>crf.units << 2;
  let top = i32x4.splat(NOTHING);
  for (let k: usize = 0; k < row; k += 16) top = i32x4.max_s(top, v128.load(wide + row + k));
  return max(max(i32x4.extract_lane(top, 0), i32x4.extract_lane(top, 1)), max(i32x4.extract_lane(top, 2), i32x4.extract_lane(top, 3)));
}

/** to[units] = a wide row over 2^top. */
export function relativeRow(crf: Crf, wide: usize, top: i32, to: usize): void {
  const row = <usize>crf.units << 2, tops = i32x4.splat(top);
  for (let k: usize = 0; k < row; k += 16) v128.store(to + k, relativeTo(crf.table, tops, v128.load(wide + k), v128.load(wide + row + k)));
}

/** Below this a sum over the matrix may have lost terms that count to float32's underflow; `exactTop` and `exactTerm` are used instead. */
export const INEXACT: f32 = 1e-25;

/** The exponent of the largest of the terms wide[j] · transition from j to k. */
export function exactTop(crf: Crf, wide: usize, k: usize): i32 {
  const row = <usize>crf.units << 2;
  let top = NOTHING * 2;
  for (let j: usize = 0; j < <usize>crf.L; j++) top = max(top, load<i32>(wide + row + (j << 2)) + load<i32>(crf.wide + 2 * j * row + row + (k << 2)));
  return top;
}

/** wide[j] · transition from j to k, over 2^top. */
export function exactTerm(crf: Crf, wide: usize, j: usize, k: usize, top: i32): f32 {
  const row = <usize>crf.units << 2, transition = crf.wide + 2 * j * row + (k << 2), from = wide + (j << 2);
  const shift = max(load<i32>(from + row) + load<i32>(transition + row) - top, -126);
  return load<f32>(from) * load<f32>(transition) * reinterpret<f32>((shift + 127) << 23);
}

/** Whether step t of sequence b is real. */
// @ts-ignore: decorator
@inline
export function isReal(mask: usize, b: i32, T: i32, t: i32): bool {
  return !mask || load<u8>(mask + <usize>(b * T + t)) != 0;
}
