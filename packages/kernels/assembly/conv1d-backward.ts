import { addColumnSums } from './column-sums';
import { beforeOf, Conv1dSize, layOut, mostWindows, nextWindows, Rows, stepsOfPhase } from './conv1d';
import { depthwiseBackward, depthwiseBackwardBytes, isDepthwise } from './depthwise';
import { Conv1dBackwardArguments, Conv1dBackwardWorkspaceBytesArguments } from './generated/descriptors';
import { PANEL, PANEL_BYTES } from './generated/micro-kernels';
import { multiply, multiplyPackedRows } from './multiply';
import { packPanel, packPanelTransposed, packRows } from './pack';
import { clearRow, copyRow, copyRows } from './rows';
import { padded } from './run';
import { align } from './simd';

/** Scratch arrays. */
@unmanaged
class Backward {
  rows: usize;
  /** Rows of x or dy. */
  laidOut: usize;
  /** [windows, kernelSize·channels], packed by packRows. */
  packedX: usize;
  /** [windows, PANEL] of dy. */
  panel: usize;
  /** Sums over all sequences so far, in panels: [groups·filters padded, kernelSize·channels], and [groups·filters padded]. */
  dw: usize;
  dBias: usize;
  /** wᵀ in panels, the taps of a class together: for each group [kernelSize·filters, channels padded]. */
  transposed: usize;
  /** [windows, channels padded] of dx. */
  product: usize;
  /** [channels padded]. */
  zeros: usize;
}

/** Lays the arrays out from `at` on and returns where they end. With `arrays` null it only measures. */
function layOutArrays(arrays: usize, size: Conv1dSize, at: usize): usize {
  const groups = <usize>size.groups, kernelSize = <usize>size.kernelSize;
  const channels = <usize>(size.C / size.groups), filters = <usize>(size.F / size.groups);
  const units = <usize>padded(<i32>filters), features = <usize>padded(<i32>channels);
  const windows = <usize>mostWindows(max(size.steps, size.T));
  at = place(arrays, offsetof<Backward>('rows'), at, offsetof<Rows>() >> 2);
  at = place(arrays, offsetof<Backward>('laidOut'), at, max((windows * <usize>size.strides + kernelSize) * channels, (windows + kernelSize) * filters));
  at = place(arrays, offsetof<Backward>('packedX'), at, windows * kernelSize * channels);
  at = place(arrays, offsetof<Backward>('panel'), at, windows * PANEL);
  at = place(arrays, offsetof<Backward>('dw'), at, groups * units * kernelSize * channels);
  at = place(arrays, offsetof<Backward>('dBias'), at, groups * units);
  at = place(arrays, offsetof<Backward>('transposed'), at, groups * kernelSize * filters * features);
  at = place(arrays, offsetof<Backward>('product'), at, windows * features);
  return place(arrays, offsetof<Backward>('zeros'), at, features);
}

function place(arrays: usize, field: usize, at: usize, floats: usize): usize {
  if (arrays) store<usize>(arrays + field, at);
  return at + align(floats << 2);
}

/** Scratch bytes of conv1dBackward. */
export function conv1dBackwardWorkspaceBytes(size: Conv1dBackwardWorkspaceBytesArguments): usize {
  return isDepthwise(size) ? depthwiseBackwardBytes(size) : 192 + layOutArrays(0, size, 0);
}

/** The gradients of conv1dForward. */
export function conv1dBackward(args: Conv1dBackwardArguments): void {
  const size = changetype<Conv1dSize>(changetype<usize>(args));
  if (isDepthwise(size)) {
    depthwiseBackward(args);
    return;
  }
  const T = args.T, C = args.C, F = args.F, groups = args.groups, steps = args.steps;
  const channels = C / groups, filters = F / groups, units = padded(filters), features = padded(channels), terms = args.kernelSize * channels;
  const at = align(args.workspace), arrays = changetype<Backward>(at);
  layOutArrays(at, size, at + 128);
  const rows = changetype<Rows>(arrays.rows);
  memory.fill(arrays.dw, 0, <usize>(groups * units * terms) << 2);
  memory.fill(arrays.dBias, 0, <usize>(groups * units) << 2);
  clearRow(arrays.zeros, features);
  // No tap reaches every step then.
  if (args.strides > args.kernelSize) memory.fill(args.dx, 0, <usize>(args.B * T * C) << 2);
  for (let group = 0; group < groups; group++) {
    const transposed = arrays.transposed + (<usize>(group * args.kernelSize * filters * features) << 2);
    packTransposed(args, group, transposed);
    for (let b: usize = 0; b < <usize>args.B; b++) {
      rows.before = beforeOf(args.before, args.befores, b);
      const x = (b * <usize>(T * C) + <usize>(group * channels)) << 2, y = (b * <usize>(steps * F) + <usize>(group * filters)) << 2;
      setRows(rows, args.x + x, C, T, args.mask ? args.mask + b * <usize>T : 0, channels);
      for (let phase = 0; phase < args.dilationRate; phase++) addWeightGradients(args, arrays, group, phase, args.dy + y);
      setRows(rows, args.dy + y, F, steps, 0, filters);
      inputGradients(args, arrays, transposed, args.dx + x);
    }
  }
  if (args.mask) clearPadding(args);
  unpackGroups(args, arrays);
}

function setRows(rows: Rows, from: usize, floats: i32, steps: i32, mask: usize, channels: i32): void {
  rows.from = from;
  rows.stride = <usize>floats << 2;
  rows.steps = steps;
  rows.mask = mask;
  rows.channels = channels;
}

/** Adds what one sequence and phase gives to a group's dw and dBias. `dy` is the group's first float at step 0. */
function addWeightGradients(args: Conv1dBackwardArguments, arrays: Backward, group: i32, phase: i32, dy: usize): void {
  const d = args.dilationRate, strides = args.strides, filters = args.F / args.groups, units = padded(filters);
  const channels = args.C / args.groups, terms = args.kernelSize * channels, row = <usize>args.F << 2, rows = changetype<Rows>(arrays.rows);
  const all = stepsOfPhase(args.steps, phase, d);
  for (let done = 0; done < all; ) {
    const windows = nextWindows(all - done);
    layOut(rows, phase + done * strides * d - rows.before, d, (windows - 1) * strides + args.kernelSize, arrays.laidOut);
    packRows(arrays.laidOut, <usize>(strides * channels) << 2, windows, terms, arrays.packedX);
    const from = dy + <usize>(phase + done * d) * row;
    for (let j = 0; j < units; j += PANEL) {
      const column = <usize>(group * units + j) << 2, dw = arrays.dw + column * <usize>terms;
      packPanel(from + (<usize>j << 2), <usize>d * row, windows, min(PANEL, filters - j), arrays.panel);
      addColumnSums(windows, PANEL, arrays.panel, arrays.dBias + column);
      multiplyPackedRows(terms, windows, arrays.packedX, arrays.panel, PANEL_BYTES, dw, PANEL_BYTES, dw, PANEL_BYTES);
    }
    done += windows;
  }
}

/**
 * The steps of x fall into classes: with strides s, those that the taps e, e + s ... reach, and with a dilation rate, its phases. dx of a
 * class is a convolution of dy with its taps in reverse.
 */
function classes(args: Conv1dBackwardArguments): i32 {
  return max(args.strides, args.dilationRate);
}

/** The taps of a class: first, first + strides ... */
function tapsOf(args: Conv1dBackwardArguments, first: i32): i32 {
  return stepsOfPhase(args.kernelSize, first, args.strides);
}

/** Packs a group's w for dx, class after class: the rows of the last tap first, each with the filters as terms. */
function packTransposed(args: Conv1dBackwardArguments, group: i32, to: usize): void {
  const channels = args.C / args.groups, filters = args.F / args.groups, row = <usize>args.F << 2;
  for (let first = 0; first < args.strides; first++) {
    const taps = tapsOf(args, first);
    for (let c = 0; c < channels; c += PANEL) {
      for (let tap = taps - 1; tap >= 0; tap--) {
        const w = args.w + <usize>((first + tap * args.strides) * channels + c) * row + (<usize>(group * filters) << 2);
        packPanelTransposed(w, row, filters, min(PANEL, channels - c), to);
        to += <usize>filters * PANEL_BYTES;
      }
    }
  }
}

/** dx of one sequence and group. `dx` is the group's first float at step 0. */
function inputGradients(args: Conv1dBackwardArguments, arrays: Backward, transposed: usize, dx: usize): void {
  const every = classes(args), d = args.dilationRate, features = padded(args.C / args.groups);
  const filters = args.F / args.groups, rows = changetype<Rows>(arrays.rows), before = rows.before;
  for (let own = 0; own < every; own++) {
    const taps = d > 1 ? args.kernelSize : tapsOf(args, own);
    if (taps == 0) continue;
    // Step own + every·i of the padded x, for the i that are steps of x.
    let i = stepsOfPhase(before, own, every);
    const end = stepsOfPhase(before + args.T, own, every);
    while (i < end) {
      const windows = nextWindows(end - i), firstOut = i - (taps - 1);
      layOut(rows, d > 1 ? own + firstOut * d : firstOut, d, windows + taps - 1, arrays.laidOut);
      multiplyInputGradients(args, arrays, transposed, taps, windows, dx, own + every * i - before, every);
      i += windows;
    }
    if (d == 1) transposed += <usize>(taps * filters * features) << 2;
  }
}

/** Writes the steps step, step + every ... of dx: laid out rows of dy times a class' wᵀ. */
function multiplyInputGradients(args: Conv1dBackwardArguments, arrays: Backward, transposed: usize, taps: i32, windows: i32, dx: usize, step: i32, every: i32): void {
  const channels = args.C / args.groups, filters = args.F / args.groups, features = padded(channels), terms = taps * filters;
  const to = dx + (<usize>(step * args.C) << 2), toStride = <usize>(every * args.C) << 2;
  const isWhole = channels == features;
  multiply(windows, features, terms, arrays.laidOut, <usize>filters << 2, transposed, <usize>terms * PANEL_BYTES, PANEL_BYTES, arrays.zeros, 0, isWhole ? to : arrays.product, isWhole ? toStride : <usize>features << 2);
  if (!isWhole) copyRows(to, toStride, arrays.product, <usize>features << 2, channels, windows);
}

/** Padded steps were read as zeros, so their gradient is zero. */
function clearPadding(args: Conv1dBackwardArguments): void {
  for (let i: usize = 0; i < <usize>(args.B * args.T); i++) {
    if (!load<u8>(args.mask + i)) clearRow(args.dx + ((i * <usize>args.C) << 2), args.C);
  }
}

/** The sums in panels become dw [kernelSize·channels, F] and dBias [F]. */
function unpackGroups(args: Conv1dBackwardArguments, arrays: Backward): void {
  const filters = args.F / args.groups, units = padded(filters), terms = args.kernelSize * (args.C / args.groups);
  for (let group = 0; group < args.groups; group++) {
    for (let j = 0; j < units; j += PANEL) {
      const from = group * units + j, columns = min(PANEL, filters - j);
      const to = <usize>(group * filters + j) << 2;
      copyRows(args.dw + to, <usize>args.F << 2, arrays.dw + (<usize>(from * terms) << 2), PANEL_BYTES, columns, terms);
      if (args.dBias) copyRow(args.dBias + to, arrays.dBias + (<usize>from << 2), columns);
    }
  }
}
