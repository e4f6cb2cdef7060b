import { Crf, crfBytes, exactTerm, exactTop, isReal, prepareCrf, relativeRow, topOf } from './crf';
import { CrfBackwardArguments } from './generated/descriptors';
import { PANEL, PANEL_BYTES } from './generated/micro-kernels';
import { multiply, multiplyPackedRows } from './multiply';
import { packPanel, packRows } from './pack';
import { clearRow, multiplyRow } from './rows';
import { padded } from './run';
import { align } from './simd';
import { exponentOf, mantissaOf, NOTHING } from './wide-exponent';

/** Pairs of rows whose products are added at once. */
const CHUNK_ROWS: i32 = 128;

/** Scratch arrays beside the parameters. */
@unmanaged
class Scratch {
  /** [B,units] the posterior of each sequence's next step to go through. */
  posteriors: usize;
  /** [chunk,units] pairs: forward variables times the loss's weight, and posteriors over sums. Their product is the gradient of `matrix`. */
  befores: usize;
  ratios: usize;
  /** [rows of a step,units] relative forward variables of the step before, and ratios · matrixᵀ. */
  relative: usize;
  products: usize;
  /** The gradient of `matrix`, in panels. */
  pairs: usize;
  /** Rows and panels as the micro-kernels read them. */
  packed: usize;
  panel: usize;
  /** Wide rows of the end, and one of the matrix's panels for the elementwise product. */
  wide: usize;
}

function place(scratch: Scratch | null, B: i32, L: i32, at: usize): usize {
  const row = <usize>padded(L) << 2, rows = align(<usize>B * row), chunk = align(<usize>max(B, CHUNK_ROWS) * row);
  const posteriors = at, befores = posteriors + rows, ratios = befores + chunk, relative = ratios + chunk, products = relative + rows;
  const pairs = products + rows, packed = pairs + align(<usize>L * row), panel = packed + chunk + 64, wide = panel + <usize>max(B, CHUNK_ROWS) * PANEL_BYTES;
  if (scratch) {
    scratch.posteriors = posteriors;
    scratch.befores = befores;
    scratch.ratios = ratios;
    scratch.relative = relative;
    scratch.products = products;
    scratch.pairs = pairs;
    scratch.packed = packed;
    scratch.panel = panel;
    scratch.wide = wide;
  }
  return wide + 2 * row;
}

/** Scratch bytes of crfBackward. */
export function crfBackwardWorkspaceBytes(B: i32, L: i32): usize {
  return 128 + crfBytes(L) + place(null, B, L, 0);
}

/**
 * The gradients of crfForward from those of the losses. The posterior of a step's labels gives that of the step before: the share of each pair
 * in the sums that the forward pass saved. src/descriptors.ts has the arguments.
 */
export function crfBackward(args: CrfBackwardArguments): void {
  const B = args.B, T = args.T, L = args.L, mask = args.mask, units = padded(L), row = <usize>units << 2;
  const at = align(args.workspace), crf = prepareCrf(at, L, args.transitions, args.start, args.end, true);
  const scratch = changetype<Scratch>(at + crfBytes(L));
  place(scratch, B, L, at + crfBytes(L) + 64);
  clearRow(args.dEmissions, B * T * L);
  clearRow(args.dTransitions, L * L);
  clearRow(args.dStart, L);
  clearRow(args.dEnd, L);
  clearRow(scratch.pairs, L * units);

  let filled = 0;
  for (let t = T; t-- > 0; ) {
    if (filled + B > max(B, CHUNK_ROWS)) {
      addPairs(scratch, L, units, filled);
      filled = 0;
    }
    const first = filled;
    for (let b = 0; b < B; b++) {
      const loss = load<f32>(args.losses + (<usize>b << 2));
      if (loss == f32.POSITIVE_INFINITY || !isReal(mask, b, T, t)) continue;
      const weight = load<f32>(args.dLosses + (<usize>b << 2)), posterior = scratch.posteriors + <usize>b * row;
      if (isLast(mask, b, T, t)) endPosterior(crf, scratch, args.saved + <usize>(b * T + t) * 3 * row, isNaN(loss), posterior);
      addLabelGradients(args, b, t, weight, posterior);
      const before = stepBefore(mask, b, T, t);
      if (before < 0) continue;
      const wide = args.saved + <usize>(b * T + before) * 3 * row, sums = args.saved + (<usize>(b * T + t) * 3 + 2) * row;
      const relative = scratch.relative + <usize>(filled - first) * row;
      relativeRow(crf, wide, topOf(crf, wide), relative);
      scaleRow(scratch.befores + <usize>filled * row, relative, weight, units);
      divide(scratch.ratios + <usize>filled * row, posterior, sums, units);
      filled++;
    }

    multiply(filled - first, units, L, scratch.ratios + <usize>first * row, row, crf.panels, <usize>L * PANEL_BYTES, PANEL_BYTES, crf.zeros, 0, scratch.products, row);
    for (let b = 0, i: usize = 0; b < B; b++) {
      if (load<f32>(args.losses + (<usize>b << 2)) == f32.POSITIVE_INFINITY || !isReal(mask, b, T, t)) continue;
      const before = stepBefore(mask, b, T, t), posterior = scratch.posteriors + <usize>b * row;
      if (before < 0) continue;
      multiplyRow(scratch.wide, scratch.relative + i * row, scratch.products + i * row, units);
      addExactPairs(args, crf, b, before, t, posterior, scratch.wide);
      for (let k: usize = 0; k < row; k += 16) v128.store(posterior + k, v128.load(scratch.wide + k));
      i++;
    }
  }
  addPairs(scratch, L, units, filled);
  addMatrixGradient(crf, scratch, args.dTransitions);
}

/** The real step before step t, or -1. */
function stepBefore(mask: usize, b: i32, T: i32, t: i32): i32 {
  t--;
  while (t >= 0 && !isReal(mask, b, T, t)) t--;
  return t;
}

function isLast(mask: usize, b: i32, T: i32, t: i32): bool {
  for (t++; t < T; t++) if (isReal(mask, b, T, t)) return false;
  return true;
}

/** The posterior of a last step: forward · end over their sum. */
function endPosterior(crf: Crf, scratch: Scratch, wide: usize, isNan: bool, posterior: usize): void {
  const table = crf.table, row = <usize>crf.units << 2, end = crf.end, both = scratch.wide;
  for (let k: usize = 0; k < row; k += 16) {
    const value = f32x4.mul(v128.load(wide + k), v128.load(end + k));
    v128.store(both + k, mantissaOf(table, value));
    v128.store(both + row + k, exponentOf(table, value, i32x4.add(v128.load(wide + row + k), v128.load(end + row + k))));
  }
  relativeRow(crf, both, topOf(crf, both), posterior);
  let sum: f32 = 0;
  for (let k: usize = 0; k < <usize>crf.L << 2; k += 4) sum += load<f32>(posterior + k);
  scaleRow(posterior, posterior, isNan ? f32.NaN : 1 / sum, crf.units);
}

/** Gradients of what a step's label touches: its emissions, and at the ends start and end. */
function addLabelGradients(args: CrfBackwardArguments, b: i32, t: i32, weight: f32, posterior: usize): void {
  const T = args.T, L = args.L, mask = args.mask, step = <usize>(b * T + t), label = <usize>load<u32>(args.labels + (step << 2)) << 2;
  const emissions = args.dEmissions + step * (<usize>L << 2), before = stepBefore(mask, b, T, t);
  addDifference(emissions, posterior, label, weight, L);
  if (isLast(mask, b, T, t)) addDifference(args.dEnd, posterior, label, weight, L);
  if (before < 0) addDifference(args.dStart, posterior, label, weight, L);
  else {
    const from = <usize>load<u32>(args.labels + (<usize>(b * T + before) << 2)), pair = args.dTransitions + from * (<usize>L << 2) + label;
    store<f32>(pair, load<f32>(pair) - weight);
  }
}

/** to[L] += weight · (posterior - one-hot label). */
function addDifference(to: usize, posterior: usize, label: usize, weight: f32, L: i32): void {
  for (let k: usize = 0; k < <usize>L << 2; k += 4) store<f32>(to + k, load<f32>(to + k) + weight * load<f32>(posterior + k));
  store<f32>(to + label, load<f32>(to + label) - weight);
}

/** to = a · factor, n floats in whole vectors. */
function scaleRow(to: usize, a: usize, factor: f32, n: i32): void {
  const factors = f32x4.splat(factor);
  for (const end = to + (<usize>n << 2); to < end; to += 16, a += 16) v128.store(to, f32x4.mul(v128.load(a), factors));
}

/** to = a / b, or 0 where b is 0. */
function divide(to: usize, a: usize, b: usize, n: i32): void {
  const zeros = f32x4.splat(0);
  for (const end = to + (<usize>n << 2); to < end; to += 16, a += 16, b += 16) {
    const divisor = v128.load(b);
    v128.store(to, v128.andnot(f32x4.div(v128.load(a), divisor), f32x4.eq(divisor, zeros)));
  }
}

/** The pairs of labels whose sums are not in the matrix's product: their shares of the posterior, to the step before and to the gradient. */
function addExactPairs(args: CrfBackwardArguments, crf: Crf, b: i32, before: i32, t: i32, posterior: usize, earlier: usize): void {
  const L = args.L, row = <usize>crf.units << 2, sums = args.saved + (<usize>(b * args.T + t) * 3 + 2) * row;
  const from = args.saved + <usize>(b * args.T + before) * 3 * row, weight = load<f32>(args.dLosses + (<usize>b << 2));
  for (let k: usize = 0; k < <usize>L; k++) {
    const share = load<f32>(posterior + (k << 2));
    if (load<f32>(sums + (k << 2)) != 0 || share < f32.MIN_NORMAL_VALUE) continue;
    const top = exactTop(crf, from, k);
    if (top < NOTHING) continue;
    let sum: f32 = 0;
    for (let j: usize = 0; j < <usize>L; j++) sum += exactTerm(crf, from, j, k, top);
    for (let j: usize = 0; j < <usize>L; j++) {
      const pair = (share / sum) * exactTerm(crf, from, j, k, top), at = args.dTransitions + ((j * <usize>L + k) << 2);
      store<f32>(earlier + (j << 2), load<f32>(earlier + (j << 2)) + pair);
      store<f32>(at, load<f32>(at) + weight * pair);
    }
  }
}

/** pairs += beforesᵀ · ratios, over the rows of a chunk. */
function addPairs(scratch: Scratch, L: i32, units: i32, rows: i32): void {
  const row = <usize>units << 2;
  packRows(scratch.befores, row, rows, L, scratch.packed);
  for (let j = 0; j < units; j += PANEL) {
    packPanel(scratch.ratios + (<usize>j << 2), row, rows, PANEL, scratch.panel);
    const c = scratch.pairs + <usize>(j / PANEL * L) * PANEL_BYTES;
    multiplyPackedRows(L, rows, scratch.packed, scratch.panel, PANEL_BYTES, c, PANEL_BYTES, c, PANEL_BYTES);
  }
}

/** dTransitions += pairs ∘ matrix. */
function addMatrixGradient(crf: Crf, scratch: Scratch, dTransitions: usize): void {
  const L = <usize>crf.L, row = <usize>crf.units << 2;
  for (let j: usize = 0; j < L; j++) {
    for (let k: usize = 0; k < L; k++) {
      const panel = k / <usize>PANEL, pair = scratch.pairs + (panel * L + j) * PANEL_BYTES + ((k % <usize>PANEL) << 2), at = dTransitions + ((j * L + k) << 2);
      store<f32>(at, load<f32>(at) + load<f32>(pair) * load<f32>(crf.matrix + j * row + (k << 2)));
    }
  }
}
