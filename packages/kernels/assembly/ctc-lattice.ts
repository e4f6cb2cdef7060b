import { exponentOf, LEAST, mantissaOf, NOTHING, relativeTo } from './wide-exponent';

/**
 * The states of one target of S labels between S + 1 blanks: blank i is before label i, and blank S after the last. A path may stay,
 * go to the next state, or from label i - 1 to label i if they differ (Graves et al., 2006, fig. 3). Arrays have `width` bytes: S + 1
 * lanes, then lanes that no valid state reads. A number takes a lane of mantissas and a lane of exponents.
 */
@unmanaged
export class Lattice {
  /** The table of wide-exponent.ts. */
  table: usize;
  width: usize;
  /** NOTHING where label i repeats label i - 1, else 0; a zero beyond the last. */
  repeats: usize;
  /** The posterior probability of each label at a frame. */
  posteriors: usize;
  /** The number by which the forward and backward products are divided: mantissa and exponent. */
  total: f32;
  totalExponent: i32;
}

/** One lane before the labels is label -1; one after them, label S. Whole vectors keep the rest aligned. */
const MARGIN: usize = 32;

/** The way from a mantissa to its exponent. A row has all mantissas first: the labels' and the blanks', with margins around. */
// @ts-ignore: decorator
@inline
function toExponent(width: usize): usize {
  return 2 * width + 3 * MARGIN;
}

// @ts-ignore: decorator
@inline
function labels(row: usize): usize {
  return row + MARGIN;
}

// @ts-ignore: decorator
@inline
function blanks(row: usize, width: usize): usize {
  return row + width + 2 * MARGIN;
}

/** Bytes of a row of states. */
export function stateBytes(width: usize): usize {
  return 2 * toExponent(width);
}

/** Every state of a row is zero, but blank `blank` is one. */
export function startRow(row: usize, width: usize, blank: usize): void {
  const exponents = row + toExponent(width);
  for (let at = row; at < exponents; at += 4) {
    store<f32>(at, 1);
    store<i32>(at + toExponent(width), NOTHING);
  }
  store<i32>(blanks(row, width) + toExponent(width) + (blank << 2), 0);
}

/**
 * The next row of the forward variables: what reaches a state times the probability of its label, `y` [width] with exponents
 * `width` bytes further, or of the blank.
 */
export function forward(lattice: Lattice, from: usize, to: usize, y: usize, blank: f32, blankExponent: i32): void {
  const table = lattice.table, width = lattice.width, repeats = lattice.repeats, e = toExponent(width);
  const blankY = f32x4.splat(blank), blankE = i32x4.splat(blankExponent);
  const label = labels(from), blank_ = blanks(from, width), toLabel = labels(to), toBlank = blanks(to, width);
  store<f32>(toLabel - 4, 1);
  store<i32>(toLabel + e - 4, NOTHING);
  for (let j: usize = 0; j < width; j += 16) {
    const m = v128.load(label + j), n = v128.load(label + j + e);
    const mBefore = v128.load(label + j - 4), nBefore = v128.load(label + j - 4 + e);
    const mBlank = v128.load(blank_ + j), nBlank = v128.load(blank_ + j + e);
    const top = i32x4.max_s(nBlank, nBefore);
    const sum = f32x4.mul(f32x4.add(relativeTo(table, top, mBlank, nBlank), relativeTo(table, top, mBefore, nBefore)), blankY);

    const nSkip = i32x4.add(nBefore, v128.load(repeats + j)), topLabel = i32x4.max_s(i32x4.max_s(n, nBlank), nSkip);
    const stay = f32x4.add(relativeTo(table, topLabel, m, n), relativeTo(table, topLabel, mBlank, nBlank));
    const sumLabel = f32x4.mul(f32x4.add(stay, relativeTo(table, topLabel, mBefore, nSkip)), v128.load(y + j));
    const nY = v128.load(y + j + width);

    v128.store(toBlank + j, mantissaOf(table, sum));
    v128.store(toBlank + j + e, exponentOf(table, sum, i32x4.add(top, blankE)));
    v128.store(toLabel + j, mantissaOf(table, sumLabel));
    v128.store(toLabel + j + e, exponentOf(table, sumLabel, i32x4.add(topLabel, nY)));
  }
}

/** The total of the paths that end in the last label or the blank after it. False if there is none. */
export function addEnds(lattice: Lattice, last: usize, S: usize): bool {
  const e = toExponent(lattice.width), label = labels(last) + (S << 2) - 4, blank = blanks(last, lattice.width) + (S << 2);
  const top = max(load<i32>(label + e), load<i32>(blank + e));
  if (top < LEAST) return false;
  const value = load<f32>(label) * powerOfTwo(load<i32>(label + e) - top) + load<f32>(blank) * powerOfTwo(load<i32>(blank + e) - top);
  lattice.total = value;
  lattice.totalExponent = top;
  return true;
}

// @ts-ignore: decorator
@inline
function powerOfTwo(n: i32): f32 {
  return reinterpret<f32>((max(n, -126) + 127) << 23);
}

/**
 * A frame back: `row` holds the backward variables of the next frame times that frame's probabilities, and becomes those of this
 * frame. The posterior of each label goes to `posteriors`. Returns that of the blanks together. `before` is the frame's
 * forward row.
 */
export function backward(lattice: Lattice, row: usize, before: usize, y: usize, blank: f32, blankExponent: i32): f32 {
  const table = lattice.table, width = lattice.width, repeats = lattice.repeats, posteriors = lattice.posteriors, e = toExponent(width);
  const total = i32x4.splat(lattice.totalExponent), inverse = f32x4.splat(1 / lattice.total);
  const blankY = f32x4.splat(blank), blankE = i32x4.splat(blankExponent);
  const label = labels(row), blank_ = blanks(row, width), forwardLabel = labels(before), forwardBlank = blanks(before, width);
  let posterior = f32x4.splat(0);
  // In place: lanes j + 1 are read before the next vector is written.
  for (let j: usize = 0; j < width; j += 16) {
    const m = v128.load(label + j), n = v128.load(label + j + e);
    const mAfter = v128.load(label + j + 4), nAfter = v128.load(label + j + 4 + e);
    const mBlank = v128.load(blank_ + j), nBlank = v128.load(blank_ + j + e);
    const mBlankAfter = v128.load(blank_ + j + 4), nBlankAfter = v128.load(blank_ + j + 4 + e);
    const top = i32x4.max_s(nBlank, n);
    const sum = f32x4.add(relativeTo(table, top, mBlank, nBlank), relativeTo(table, top, m, n));
    const reached = f32x4.mul(v128.load(forwardBlank + j), sum), reachedE = i32x4.add(v128.load(forwardBlank + j + e), top);
    posterior = f32x4.add(posterior, relativeTo(table, total, reached, reachedE));
    const here = f32x4.mul(sum, blankY);

    const nSkip = i32x4.add(nAfter, v128.load(repeats + j + 4)), topLabel = i32x4.max_s(i32x4.max_s(n, nBlankAfter), nSkip);
    const stay = f32x4.add(relativeTo(table, topLabel, m, n), relativeTo(table, topLabel, mBlankAfter, nBlankAfter));
    const sumLabel = f32x4.add(stay, relativeTo(table, topLabel, mAfter, nSkip));
    const reachedLabel = f32x4.mul(v128.load(forwardLabel + j), sumLabel);
    const reachedLabelE = i32x4.add(v128.load(forwardLabel + j + e), topLabel);
    const hereLabel = f32x4.mul(sumLabel, v128.load(y + j)), nY = v128.load(y + j + width);

    v128.store(posteriors + j, f32x4.mul(relativeTo(table, total, reachedLabel, reachedLabelE), inverse));
    v128.store(blank_ + j, mantissaOf(table, here));
    v128.store(blank_ + j + e, exponentOf(table, here, i32x4.add(top, blankE)));
    v128.store(label + j, mantissaOf(table, hereLabel));
    v128.store(label + j + e, exponentOf(table, hereLabel, i32x4.add(topLabel, nY)));
  }
  const sums = f32x4.mul(posterior, inverse);
  return f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1) + (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3));
}
