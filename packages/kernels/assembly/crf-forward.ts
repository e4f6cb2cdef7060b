import { Crf, crfBytes, exactTerm, exactTop, INEXACT, isReal, prepareCrf, relativeRow, topOf, wideRow } from './crf';
import { CrfForwardArguments } from './generated/descriptors';
import { PANEL_BYTES } from './generated/micro-kernels';
import { multiply } from './multiply';
import { padded } from './run';
import { align } from './simd';
import { largestOf } from './softmax';
import { exponentOf, LEAST, mantissaOf, naturalLog, NOTHING } from './wide-exponent';

/** Floats of `saved`: for each step the wide row of its forward variables, and the sums of the step before that they came from. */
export function crfSavedFloats(B: i32, T: i32, L: i32): i32 {
  return B * T * 3 * padded(L);
}

/** Scratch bytes of crfForward. */
export function crfForwardWorkspaceBytes(B: i32, L: i32): usize {
  const row = <usize>padded(L) << 2;
  return 64 + crfBytes(L) + 2 * align(<usize>B * row) + 2 * row + align(<usize>B * 16) + align(<usize>B * 16);
}

/** What is known of each sequence so far. */
@unmanaged
class Progress {
  /** The score of the labels. */
  score: f64;
  /** Half of the loss's other term: the scores that were subtracted. */
  shift: f64;
}

/** The negative log-likelihood of B label sequences. src/descriptors.ts has the arguments. Returns the first wrong label's b·T + t, or -1. */
export function crfForward(args: CrfForwardArguments): i32 {
  const B = args.B, T = args.T, L = args.L, mask = args.mask, units = padded(L), row = <usize>units << 2;
  const at = align(args.workspace), crf = prepareCrf(at, L, args.transitions, args.start, args.end, false);
  const products = at + crfBytes(L), sums = products + align(<usize>B * row), emission = sums + align(<usize>B * row);
  // Of each sequence: Progress; of each row of the products: its sequence, its top exponent. `last` is the step before of each sequence.
  const progress = emission + 2 * row, rows = progress + align(<usize>B * 16), last = rows + (<usize>B << 3);
  for (let b = 0; b < B; b++) {
    store<i32>(last + (<usize>b << 2), -1);
    changetype<Progress>(progress + (<usize>b << 4)).score = 0;
    changetype<Progress>(progress + (<usize>b << 4)).shift = 0;
  }

  for (let t = 0; t < T; t++) {
    let n = 0;
    for (let b = 0; b < B; b++) {
      if (!isReal(mask, b, T, t)) continue;
      const step = <usize>(b * T + t), before = load<i32>(last + (<usize>b << 2));
      if (load<u32>(args.labels + (step << 2)) >= <u32>L) return <i32>step;
      addScore(args, crf, changetype<Progress>(progress + (<usize>b << 4)), b, t, before);
      if (before < 0) continue;
      const wide = args.saved + <usize>(b * T + before) * 3 * row, top = topOf(crf, wide);
      relativeRow(crf, wide, top, products + <usize>n * row);
      store<i32>(rows + (<usize>n << 3), b);
      store<i32>(rows + (<usize>n << 3), top, 4);
      n++;
    }
    multiply(n, units, L, products, row, crf.panels, <usize>L * PANEL_BYTES, PANEL_BYTES, crf.zeros, 0, sums, row);

    for (let b = 0, i = 0; b < B; b++) {
      if (!isReal(mask, b, T, t)) continue;
      const step = <usize>(b * T + t), wide = args.saved + step * 3 * row, before = load<i32>(last + (<usize>b << 2));
      const emissions = args.emissions + step * (<usize>L << 2);
      wideRow(crf, emissions, largestOf(emissions, L), emission);
      if (before < 0) startStep(crf, emission, wide);
      else {
        const from = args.saved + <usize>(b * T + before) * 3 * row;
        advance(crf, sums + <usize>i * row, load<i32>(rows + (<usize>i << 3), 4), emission, from, wide);
        i++;
      }
      store<i32>(last + (<usize>b << 2), t);
    }
  }

  for (let b = 0; b < B; b++) {
    const before = load<i32>(last + (<usize>b << 2)), known = changetype<Progress>(progress + (<usize>b << 4));
    store<f32>(args.losses + (<usize>b << 2), before < 0 ? 0 : lossOf(args, crf, known, args.saved + <usize>(b * T + before) * 3 * row, b * T + before));
  }
  return -1;
}

/** Adds a step's part of the labels' score, and of what the forward variables leave out. */
function addScore(args: CrfForwardArguments, crf: Crf, known: Progress, b: i32, t: i32, before: i32): void {
  const L = args.L, step = <usize>(b * args.T + t), label = load<i32>(args.labels + (step << 2)), emissions = args.emissions + step * (<usize>L << 2);
  known.score += load<f32>(emissions + (<usize>label << 2));
  known.shift += largestOf(emissions, L);
  if (before < 0) {
    known.score += load<f32>(args.start + (<usize>label << 2));
    known.shift += crf.startShift;
  } else {
    const from = load<i32>(args.labels + (<usize>(b * args.T + before) << 2));
    known.score += load<f32>(args.transitions + (<usize>(from * L + label) << 2));
    known.shift += crf.transitionShift;
  }
}

/** The forward variables of a first step: start · emission. */
function startStep(crf: Crf, emission: usize, to: usize): void {
  const table = crf.table, row = <usize>crf.units << 2, start = crf.start;
  for (let k: usize = 0; k < row; k += 16) {
    const value = f32x4.mul(v128.load(start + k), v128.load(emission + k));
    v128.store(to + k, mantissaOf(table, value));
    v128.store(to + row + k, exponentOf(table, value, i32x4.add(v128.load(start + row + k), v128.load(emission + row + k))));
  }
}

/** The forward variables of a later step: sums · emission. Sums that float32 could not hold are computed again, and saved as 0. */
function advance(crf: Crf, sums: usize, top: i32, emission: usize, from: usize, to: usize): void {
  const table = crf.table, row = <usize>crf.units << 2, tops = i32x4.splat(top), columns = crf.columns, kept = to + 2 * row;
  for (let k: usize = 0; k < row; k += 16) {
    const sum = v128.load(sums + k), value = f32x4.mul(sum, v128.load(emission + k));
    const e = i32x4.add(i32x4.add(tops, v128.load(columns + k)), v128.load(emission + row + k));
    v128.store(to + k, mantissaOf(table, value));
    v128.store(to + row + k, exponentOf(table, value, e));
    v128.store(kept + k, sum);
  }
  for (let k: usize = 0; k < <usize>crf.L; k++) {
    if (!(load<f32>(sums + (k << 2)) < INEXACT)) continue;
    const exact = exactTop(crf, from, k);
    let sum: f32 = 0;
    for (let j: usize = 0; j < <usize>crf.L; j++) sum += exactTerm(crf, from, j, k, exact);
    const bits = reinterpret<u32>(sum * load<f32>(emission + (k << 2)));
    store<u32>(to + (k << 2), (bits & 0x007fffff) | 0x3f800000);
    store<i32>(to + row + (k << 2), max(exact + load<i32>(emission + row + (k << 2)) + <i32>(bits >> 23) - 127, NOTHING));
    store<f32>(kept + (k << 2), 0);
  }
}

/** The loss of a sequence whose last real step is `step`. */
function lossOf(args: CrfForwardArguments, crf: Crf, known: Progress, wide: usize, step: i32): f32 {
  const row = <usize>crf.units << 2, end = crf.end, L = <usize>crf.L;
  known.shift += crf.endShift;
  if (known.shift - known.shift != 0) return f32.NaN;
  known.score += load<f32>(args.end + (<usize>load<i32>(args.labels + (<usize>step << 2)) << 2));
  if (known.score == f64.NEGATIVE_INFINITY) return f32.POSITIVE_INFINITY;
  let top = 2 * NOTHING;
  for (let k: usize = 0; k < L << 2; k += 4) top = max(top, load<i32>(wide + row + k) + load<i32>(end + row + k));
  if (top < LEAST) return f32.POSITIVE_INFINITY;
  let total: f64 = 0;
  for (let k: usize = 0; k < L << 2; k += 4) {
    const shift = max(load<i32>(wide + row + k) + load<i32>(end + row + k) - top, -1000);
    total += <f64>load<f32>(wide + k) * <f64>load<f32>(end + k) * reinterpret<f64>(<u64>(shift + 1023) << 52);
  }
  return <f32>(naturalLog(total) + <f64>top * 0.69314718055994530942 + known.shift - known.score);
}
