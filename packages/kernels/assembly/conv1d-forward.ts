import { beforeOf, Conv1dSize, layOut, mostWindows, nextWindows, Rows, stepsOfPhase } from './conv1d';
import { depthwiseForward, depthwiseForwardBytes, isDepthwise } from './depthwise';
import { Conv1dForwardArguments, Conv1dForwardWorkspaceBytesArguments } from './generated/descriptors';
import { Matrix, multiplyBy, prepareMatrix } from './matrix';
import { multiplyInt8WorkspaceBytes } from './quantized';
import { copyRows, resizeRows } from './rows';
import { padded } from './run';
import { align } from './simd';

/** Up to this many windows in all, packing w costs more than reading it in place. */
const UNPACKED_WINDOWS: i32 = 12;

/** Scratch arrays. */
@unmanaged
class Forward {
  matrix: usize;
  rows: usize;
  /** w in panels. */
  panels: usize;
  /** [groups, filters padded]. */
  bias: usize;
  /** [windows·strides + kernelSize, channels]. */
  laidOut: usize;
  /** [windows, filters padded]. */
  product: usize;
  int8: usize;
}

/** Lays the arrays out from `at` on and returns where they end. With `arrays` null it only measures. */
function layOutArrays(arrays: usize, size: Conv1dSize, int8: i32, at: usize): usize {
  const channels = size.C / size.groups, units = padded(size.F / size.groups), terms = size.kernelSize * channels;
  const windows = mostWindows(size.steps);
  at = place(arrays, offsetof<Forward>('matrix'), at, offsetof<Matrix>());
  at = place(arrays, offsetof<Forward>('rows'), at, offsetof<Rows>());
  at = place(arrays, offsetof<Forward>('panels'), at, int8 ? 0 : <usize>(terms * size.groups * units) << 2);
  at = place(arrays, offsetof<Forward>('bias'), at, <usize>(size.groups * units) << 2);
  at = place(arrays, offsetof<Forward>('laidOut'), at, <usize>((windows * size.strides + size.kernelSize) * channels) << 2);
  at = place(arrays, offsetof<Forward>('product'), at, <usize>(windows * units) << 2);
  return place(arrays, offsetof<Forward>('int8'), at, int8 ? multiplyInt8WorkspaceBytes(windows, terms) : 0);
}

function place(arrays: usize, field: usize, at: usize, bytes: usize): usize {
  if (arrays) store<usize>(arrays + field, at);
  return at + align(bytes);
}

/** Scratch bytes of conv1dForward. */
export function conv1dForwardWorkspaceBytes(args: Conv1dForwardWorkspaceBytesArguments): usize {
  const size = changetype<Conv1dSize>(changetype<usize>(args));
  if (isDepthwise(size) && !args.int8) return depthwiseForwardBytes(size);
  return 128 + layOutArrays(0, size, args.int8, 0);
}

/**
 * y[b,t,f] = bias[f] + Σ w[k,c,f] · x[b, t·strides + k·dilationRate - before, c], where steps outside x and those that the mask marks as
 * padded are zeros. A group of filters reads its own group of channels.
 */
export function conv1dForward(args: Conv1dForwardArguments): void {
  const size = changetype<Conv1dSize>(changetype<usize>(args));
  if (isDepthwise(size) && !args.int8) {
    depthwiseForward(args);
    return;
  }
  const T = args.T, C = args.C, F = args.F, groups = args.groups, d = args.dilationRate, steps = args.steps;
  const channels = C / groups, filters = F / groups, units = padded(filters), terms = args.kernelSize * channels;
  const at = align(args.workspace), arrays = changetype<Forward>(at);
  layOutArrays(at, size, args.int8, at + 64);
  const matrix = changetype<Matrix>(arrays.matrix), rows = changetype<Rows>(arrays.rows);
  const inPlace = units == filters && args.B * steps <= UNPACKED_WINDOWS;
  prepareMatrix(matrix, args.w, args.int8 != 0, terms, groups, filters, units, inPlace, arrays.panels);
  if (args.bias) resizeRows(arrays.bias, units, args.bias, filters, groups);
  else memory.fill(arrays.bias, 0, <usize>(groups * units) << 2);
  rows.stride = <usize>C << 2;
  rows.steps = T;
  rows.channels = channels;
  for (let b: usize = 0; b < <usize>args.B; b++) {
    rows.mask = args.mask ? args.mask + b * <usize>T : 0;
    rows.before = beforeOf(args.before, args.befores, b);
    for (let group = 0; group < groups; group++) {
      rows.from = args.x + (<usize>(group * channels) << 2) + b * <usize>T * rows.stride;
      const y = args.y + ((b * <usize>(steps * F) + <usize>(group * filters)) << 2);
      for (let phase = 0; phase < d; phase++) convolvePhase(args, arrays, group, phase, y);
    }
  }
}

/** The steps phase, phase + dilationRate ... of a group's filters. `y` is their first float at step 0. */
function convolvePhase(args: Conv1dForwardArguments, arrays: Forward, group: i32, phase: i32, y: usize): void {
  const d = args.dilationRate, strides = args.strides, filters = args.F / args.groups, units = padded(filters);
  const channels = args.C / args.groups, terms = args.kernelSize * channels, row = <usize>args.F << 2;
  const matrix = changetype<Matrix>(arrays.matrix), rows = changetype<Rows>(arrays.rows), bias = arrays.bias + (<usize>(group * units) << 2);
  const all = stepsOfPhase(args.steps, phase, d);
  for (let done = 0; done < all; ) {
    const windows = nextWindows(all - done);
    layOut(rows, phase + done * strides * d - rows.before, d, (windows - 1) * strides + args.kernelSize, arrays.laidOut);
    const to = y + <usize>(phase + done * d) * row, toStride = <usize>d * row;
    const isWhole = filters == units;
    multiplyBy(matrix, group * units, windows, units, terms, arrays.laidOut, <usize>(strides * channels) << 2, bias, 0, isWhole ? to : arrays.product, isWhole ? toStride : <usize>units << 2, arrays.int8);
    if (!isWhole) copyRows(to, toStride, arrays.product, <usize>units << 2, filters, windows);
    done += windows;
  }
}
