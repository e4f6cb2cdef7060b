import { GRU_RESET_AFTER, GRU_RESET_BEFORE, gateCount, LSTM, slotCount } from './cell';
import { PANEL } from './generated/micro-kernels';
import { align } from './simd';

/**
 * How the fused recurrent kernels lay out their arrays. Only real steps have rows: those of the sequences that are not padded at a
 * step, step after step ("packed sequences"). Units are padded to whole panels, so that loops and products need no tail. Results
 * never read the lanes of the padding, which may hold NaN.
 */

/** Rows of a chunk: enough for the products over many steps (input projection, weight gradients) to run at full speed. */
const CHUNK_ROWS: i32 = 256;

/** Most floats of a forward chunk's gates: half a megabyte stays in the L2 cache. */
const CHUNK_FLOATS: i32 = 1 << 17;

/** H rounded up to whole panels. */
export function padded(n: i32): i32 {
  return (n + PANEL - 1) & ~(PANEL - 1);
}

/** Rows of a forward chunk: whole steps, so at least a row for each sequence. */
export function forwardRows(cell: i32, B: i32, T: i32, H: i32): i32 {
  return max(B, min(B * T, min(CHUNK_ROWS, CHUNK_FLOATS / (slotCount(cell) * padded(H)))));
}

/** Rows of a backward chunk. */
export function backwardRows(B: i32, T: i32): i32 {
  return max(B, min(B * T, CHUNK_ROWS));
}

/** Arrays with a row for each real step. */
@unmanaged
export class Steps {
  /** int32: b·T + t. */
  index: usize;
  /** [slots·units]. LSTM i, f, g, o; GRU z, r, h and, if resetAfter, the candidate's recurrent sum; RNN the activation. */
  gates: usize;
  /** [units] the previous state that the gradient of the gates reads: LSTM c, GRU h. */
  before: usize;
  /** [units] the previous h as it entered h·U, after dropout. */
  hidden: usize;
  /** [units] GRU resetBefore: r ∘ hidden. */
  reset: usize;
}

/** Bytes of Steps' arrays for `rows` rows. */
export function stepsBytes(cell: i32, rows: i32, H: i32, drop: bool): usize {
  const unitBytes = align(<usize>(rows * padded(H)) << 2);
  let bytes = align(<usize>rows << 2) + <usize>slotCount(cell) * unitBytes + unitBytes;
  if (keepsBefore(cell, drop)) bytes += unitBytes;
  if (cell == GRU_RESET_BEFORE) bytes += unitBytes;
  return bytes;
}

/** Whether `before` is an array of its own. A GRU without dropout has the same values in `hidden`. */
function keepsBefore(cell: i32, drop: bool): bool {
  return cell == LSTM || (cell >= GRU_RESET_AFTER && drop);
}

/** Lays the arrays out from `at` on. Nothing in them depends on the address: saved arrays may move before they are read. */
export function placeSteps(steps: Steps, cell: i32, rows: i32, H: i32, drop: bool, at: usize): void {
  const unitBytes = align(<usize>(rows * padded(H)) << 2);
  steps.index = at;
  steps.gates = steps.index + align(<usize>rows << 2);
  steps.hidden = steps.gates + <usize>slotCount(cell) * unitBytes;
  const end = steps.hidden + unitBytes;
  steps.before = keepsBefore(cell, drop) ? end : steps.hidden;
  steps.reset = keepsBefore(cell, drop) ? end + unitBytes : end;
}

