import { addEnds, backward, forward, Lattice, startRow, stateBytes } from './ctc-lattice';
import { fillTable } from './exponential';
import { CtcArguments } from './generated/descriptors';
import { clearRow } from './rows';
import { align } from './simd';
import { divideRow, exponentials, largestOf } from './softmax';
import { fillWideTable, naturalLog, NOTHING, WIDE_TABLE_BYTES, widePower } from './wide-exponent';

/** The scratch arrays of one sequence. */
@unmanaged
class Scratch {
  /** [T + 1] rows of states: the start, then after each frame. */
  states: usize;
  /** [T] rows of the labels' probabilities: mantissas, then exponents. */
  y: usize;
  /** [T] pairs: the mantissa and the exponent of the blank's probability. */
  blank: usize;
  /** The row of states of the backward pass. */
  back: usize;
  /** [L] a frame's exponentials, where no gradient is wanted. */
  softmax: usize;
}

/** Lanes of S + 1 states. */
function widthOf(S: i32): usize {
  return <usize>((S + 8) & ~7) << 2;
}

/** Scratch bytes of ctc. */
export function ctcWorkspaceBytes(T: i32, L: i32, S: i32): usize {
  return place(changetype<Lattice>(0), changetype<Scratch>(0), T, L, S, 0) + 64;
}

/** Lays the arrays out from `at` on. Returns their end. With at = 0 it only counts. */
function place(lattice: Lattice, scratch: Scratch, T: i32, L: i32, S: i32, at: usize): usize {
  const width = widthOf(S), frames = <usize>T;
  const table = at + 128, repeats = table + align(WIDE_TABLE_BYTES), posteriors = repeats + align(width + 32), states = posteriors + align(width);
  const y = states + align((frames + 1) * stateBytes(width)), blank = y + align(2 * frames * width), back = blank + align(8 * frames);
  const softmax = back + align(stateBytes(width));
  if (at) {
    lattice.table = table;
    lattice.width = width;
    lattice.repeats = repeats;
    lattice.posteriors = posteriors;
    scratch.states = states;
    scratch.y = y;
    scratch.blank = blank;
    scratch.back = back;
    scratch.softmax = softmax;
  }
  return softmax + align(<usize>L << 2);
}

/**
 * The CTC loss of B sequences (Graves et al., 2006, §4.1) and its gradient by the logits. src/descriptors.ts has the arguments. It stops at the
 * first sequence with a length or a label out of range and returns its number, or -1.
 */
export function ctc(args: CtcArguments): i32 {
  const B = args.B, T = args.T, L = args.L, S = args.S;
  const at = align(args.workspace), lattice = changetype<Lattice>(at), scratch = changetype<Scratch>(at + 64);
  place(lattice, scratch, T, L, S, at);
  fillTable(lattice.table);
  fillWideTable(lattice.table);
  for (let b = 0; b < B; b++) {
    const row = <usize>b << 2, frames = load<u32>(args.frames + row), count = load<u32>(args.targetLengths + row);
    const labels = args.targets + (<usize>(b * S) << 2), loss = args.losses + row;
    if (frames > <u32>T || count > <u32>S || !areLabels(labels, count, L, args.blank)) return b;
    const gradient = args.gradient ? args.gradient + (<usize>b * <usize>T * <usize>L << 2) : 0;

    const normalizer = forwards(args, lattice, scratch, b, frames, labels, count, gradient);
    if (gradient) clearRow(gradient + (<usize>frames * <usize>L << 2), <usize>(T - frames) * <usize>L);
    if (isNaN(normalizer)) {
      store<f32>(loss, f32.NaN);
      if (gradient) fillRow(gradient, <usize>frames * <usize>L, f32.NaN);
    } else if (!addEnds(lattice, scratch.states + <usize>frames * stateBytes(lattice.width), count)) {
      store<f32>(loss, f32.POSITIVE_INFINITY);
      if (gradient) clearRow(gradient, <usize>frames * <usize>L);
    } else {
      const total = naturalLog(lattice.total) + <f64>lattice.totalExponent * 0.69314718055994530942;
      store<f32>(loss, <f32>(normalizer - total));
      if (gradient) backwards(lattice, scratch, frames, L, args.blank, labels, count, gradient);
    }
  }
  return -1;
}

function areLabels(labels: usize, count: i32, L: i32, blank: i32): bool {
  for (let i = 0; i < count; i++, labels += 4) {
    const label = load<u32>(labels);
    if (label >= <u32>L || label == blank) return false;
  }
  return true;
}

/**
 * The states after each frame, and the softmax of each in `gradient`. Probabilities in the lattice are e^(logit - largest); returns
 * the sum of the logarithms by which that is too much, or NaN if a logit is NaN or Infinity.
 */
function forwards(args: CtcArguments, lattice: Lattice, scratch: Scratch, b: i32, frames: i32, labels: usize, count: i32, gradient: usize): f64 {
  const T = args.T, L = args.L, table = lattice.table, width = lattice.width, stride = stateBytes(width);
  const row = <usize>L << 2, blankAt = <usize>args.blank << 2, end = <usize>count << 2;
  for (let i: usize = 0; i < width + 32; i += 4) {
    const repeats = i > 0 && i < end && load<i32>(labels + i) == load<i32>(labels + i - 4);
    store<i32>(lattice.repeats + i, repeats ? NOTHING : 0);
  }
  startRow(scratch.states, width, 0);
  let product: f64 = 1, normalizer: f64 = 0, logits = args.logits + <usize>b * <usize>T * row;
  for (let t = 0; t < frames; t++, logits += row) {
    const largest = largestOf(logits, L), softmax = gradient ? gradient + <usize>t * row : scratch.softmax;
    const sum = exponentials(table, largest, logits, softmax, L);
    if (isNaN(sum)) return NaN;
    if (gradient) divideRow(softmax, L, sum);
    product *= sum;
    if (product > 1e200) {
      normalizer += naturalLog(product);
      product = 1;
    }

    // The blank's probability takes the first lane beyond the labels', which is then set to zero.
    const y = scratch.y + <usize>(2 * t) * width;
    for (let i: usize = 0; i < end; i += 4) store<f32>(y + i, largest - load<f32>(logits + (<usize>load<u32>(labels + i) << 2)));
    store<f32>(y + end, largest - load<f32>(logits + blankAt));
    for (let i = end + 4; i < width; i += 4) store<f32>(y + i, f32.POSITIVE_INFINITY);
    widePower(table, y, y, y + width, width >> 2);
    const blank = load<f32>(y + end), blankExponent = load<i32>(y + width + end), at = scratch.blank + (<usize>t << 3);
    store<f32>(at, blank);
    store<i32>(at, blankExponent, 4);
    store<i32>(y + width + end, NOTHING);
    const from = scratch.states + <usize>t * stride;
    forward(lattice, from, from + stride, y, blank, blankExponent);
  }
  return normalizer + naturalLog(product);
}

/** Subtracts the posterior of each label at each frame from the softmax in `gradient`. */
function backwards(lattice: Lattice, scratch: Scratch, frames: i32, L: i32, blankLabel: i32, labels: usize, count: i32, gradient: usize): void {
  const width = lattice.width, stride = stateBytes(width), row = <usize>L << 2, posteriors = lattice.posteriors, end = <usize>count << 2;
  startRow(scratch.back, width, count);
  for (let t = <usize>frames; t-- > 0; ) {
    const y = scratch.y + 2 * t * width, blank = scratch.blank + (t << 3), softmax = gradient + t * row;
    const states = scratch.states + (t + 1) * stride;
    subtract(softmax + (<usize>blankLabel << 2), backward(lattice, scratch.back, states, y, load<f32>(blank), load<i32>(blank, 4)));
    for (let i: usize = 0; i < end; i += 4) subtract(softmax + (<usize>load<u32>(labels + i) << 2), load<f32>(posteriors + i));
  }
}

// @ts-ignore: decorator
@inline
function subtract(at: usize, value: f32): void {
  store<f32>(at, load<f32>(at) - value);
}

function fillRow(row: usize, n: usize, value: f32): void {
  for (const end = row + (n << 2); row < end; row += 4) store<f32>(row, value);
}
