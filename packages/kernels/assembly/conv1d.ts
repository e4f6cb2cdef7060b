import { Conv1dBackwardWorkspaceBytesArguments } from './generated/descriptors';
import { clearRow, copyRow } from './rows';

/**
 * A convolution is a product without im2col: in [rows, channels] the rows of a window are side by side, so window i is a row of
 * kernelSize·channels floats at i·strides·channels. Rows are laid out for that: zeros beyond the ends and at padded steps, the
 * channels of one group, and with a dilation rate d the steps p, p + d, p + 2d ... of one phase.
 */

/** Windows of a product, so that they and the filters stay in the L2 cache. */
const MOST_WINDOWS: i32 = 384;

/** The fields that each conv1d descriptor starts with. */
export type Conv1dSize = Conv1dBackwardWorkspaceBytesArguments;

/** Windows of the next product when `left` are left, so that the last product is not small. */
export function nextWindows(left: i32): i32 {
  const products = (left + MOST_WINDOWS - 1) / MOST_WINDOWS;
  return left / max(products, 1);
}

/** Most windows of a product over `steps` steps. */
export function mostWindows(steps: i32): i32 {
  return min(steps, MOST_WINDOWS);
}

/** Steps p, p + d, p + 2d ... below `steps`. */
export function stepsOfPhase(steps: i32, phase: i32, d: i32): i32 {
  return max(0, (steps - phase + d - 1) / d);
}

/** The steps of one sequence, from which rows are laid out. */
@unmanaged
export class Rows {
  /** Its first float of the group's channels. */
  from: usize;
  /** Bytes of a step. */
  stride: usize;
  /** The steps there are. */
  steps: i32;
  /** uint8 [steps], or null. */
  mask: usize;
  /** Floats of the group's channels. */
  channels: i32;
  /** Zeros before the first step that windows of x read. */
  before: i32;
}

/** The zeros before sequence b. */
export function beforeOf(before: i32, befores: usize, b: usize): i32 {
  return befores ? load<i32>(befores + (b << 2)) : before;
}

/** Writes `count` rows of the group's channels at `to`: the steps first, first + every, ...; zeros for one that is padded or not there. */
export function layOut(rows: Rows, first: i32, every: i32, count: i32, to: usize): void {
  const channels = <usize>rows.channels, mask = rows.mask, steps = <u32>rows.steps;
  for (let i = 0, step = first; i < count; i++, step += every, to += channels << 2) {
    const isReal = <u32>step < steps && (!mask || load<u8>(mask + <usize>step));
    if (isReal) copyRow(to, rows.from + <usize>step * rows.stride, channels);
    else clearRow(to, channels);
  }
}
