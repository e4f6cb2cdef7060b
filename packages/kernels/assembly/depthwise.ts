import { addColumnSums } from './column-sums';
import { beforeOf, Conv1dSize, layOut, mostWindows, nextWindows, Rows } from './conv1d';
import { Conv1dBackwardArguments, Conv1dForwardArguments } from './generated/descriptors';
import { addProductRow, addRow, clearRow, copyRow } from './rows';
import { align, multiplyAdd } from './simd';

/**
 * A convolution with one channel a group. As a product each group would be a matrix of a single column or few, so it runs elementwise:
 * with each channel repeated for its filters, a tap is a row of w [kernelSize, F] times a step of x.
 */
export function isDepthwise(size: Conv1dSize): bool {
  return size.C > 1 && size.groups == size.C;
}

/** Steps that `windows` windows read. */
function stepsRead(size: Conv1dSize, windows: i32): i32 {
  return (windows - 1) * size.strides + (size.kernelSize - 1) * size.dilationRate + 1;
}

/** Bytes of the steps that a product's windows read, [steps, F]. */
function laidOutBytes(size: Conv1dSize): usize {
  return align(<usize>(max(0, stepsRead(size, mostWindows(size.steps))) * size.F) << 2);
}

/** Scratch bytes of depthwiseForward. */
export function depthwiseForwardBytes(size: Conv1dSize): usize {
  return 128 + align(<usize>size.F << 2) + laidOutBytes(size);
}

/** Scratch bytes of depthwiseBackward. */
export function depthwiseBackwardBytes(size: Conv1dSize): usize {
  return 128 + 2 * laidOutBytes(size);
}

/** Writes `count` steps from `first` on at `to`, each channel `repeats` times. */
function layOutRepeated(rows: Rows, first: i32, count: i32, repeats: i32, to: usize): void {
  layOut(rows, first, 1, count, to);
  if (repeats == 1) return;
  // From the last on, because the repeated ones take more room.
  let source = to + (<usize>(count * rows.channels) << 2), target = to + (<usize>(count * rows.channels * repeats) << 2);
  while (source > to) {
    source -= 4;
    const value = load<f32>(source);
    for (let j = 0; j < repeats; j++) {
      target -= 4;
      store<f32>(target, value);
    }
  }
}

/** Points `rows` at sequence b. */
function pointAt(rows: Rows, size: Conv1dSize, x: usize, mask: usize, befores: usize, b: usize): void {
  const T = <usize>size.T;
  rows.stride = <usize>size.C << 2;
  rows.steps = size.T;
  rows.channels = size.C;
  rows.from = x + b * T * rows.stride;
  rows.mask = mask ? mask + b * T : 0;
  rows.before = beforeOf(size.before, befores, b);
}

/** conv1dForward with one channel a group. */
export function depthwiseForward(args: Conv1dForwardArguments): void {
  const size = changetype<Conv1dSize>(changetype<usize>(args));
  const F = args.F, steps = args.steps, strides = args.strides, row = <usize>F << 2;
  const at = align(args.workspace), rows = changetype<Rows>(at), bias = at + 64, laidOut = bias + align(row);
  if (args.bias) copyRow(bias, args.bias, F);
  else clearRow(bias, F);
  let y = args.y;
  for (let b: usize = 0; b < <usize>args.B; b++) {
    pointAt(rows, size, args.x, args.mask, args.befores, b);
    for (let done = 0; done < steps; ) {
      const windows = nextWindows(steps - done);
      layOutRepeated(rows, done * strides - rows.before, stepsRead(size, windows), F / args.C, laidOut);
      for (let i = 0; i < windows; i++, y += row) weighWindow(y, bias, laidOut + <usize>(i * strides) * row, <usize>args.dilationRate * row, args.w, args.kernelSize, row);
      done += windows;
    }
  }
}

/** y = bias + Σ x ∘ w over the taps of a window. Rows of x are xStride apart, rows of w and all lengths are `row` bytes. */
function weighWindow(y: usize, bias: usize, x: usize, xStride: usize, w: usize, taps: i32, row: usize): void {
  let f: usize = 0;
  for (; f + 64 <= row; f += 64) {
    let s0 = v128.load(bias + f), s1 = v128.load(bias + f, 16), s2 = v128.load(bias + f, 32), s3 = v128.load(bias + f, 48);
    for (let k = 0, a = x + f, b = w + f; k < taps; k++, a += xStride, b += row) {
      s0 = multiplyAdd(v128.load(a), v128.load(b), s0);
      s1 = multiplyAdd(v128.load(a, 16), v128.load(b, 16), s1);
      s2 = multiplyAdd(v128.load(a, 32), v128.load(b, 32), s2);
      s3 = multiplyAdd(v128.load(a, 48), v128.load(b, 48), s3);
    }
    v128.store(y + f, s0);
    v128.store(y + f, s1, 16);
    v128.store(y + f, s2, 32);
    v128.store(y + f, s3, 48);
  }
  for (; f < row; f += 4) {
    let sum = load<f32>(bias + f);
    for (let k = 0, a = x + f, b = w + f; k < taps; k++, a += xStride, b += row) sum += load<f32>(a) * load<f32>(b);
    store<f32>(y + f, sum);
  }
}

/** conv1dBackward with one channel a group. */
export function depthwiseBackward(args: Conv1dBackwardArguments): void {
  const size = changetype<Conv1dSize>(changetype<usize>(args));
  const F = args.F, steps = args.steps, strides = args.strides, row = <usize>F << 2;
  const at = align(args.workspace), rows = changetype<Rows>(at), laidOut = at + 64, gradient = laidOut + laidOutBytes(size);
  memory.fill(args.dx, 0, <usize>(args.B * args.T * args.C) << 2);
  memory.fill(args.dw, 0, <usize>args.kernelSize * row);
  if (args.dBias) clearRow(args.dBias, F);
  let dy = args.dy;
  for (let b: usize = 0; b < <usize>args.B; b++) {
    pointAt(rows, size, args.x, args.mask, args.befores, b);
    for (let done = 0; done < steps; ) {
      const windows = nextWindows(steps - done), read = stepsRead(size, windows), first = done * strides - rows.before;
      layOutRepeated(rows, first, read, F / args.C, laidOut);
      addWeightGradients(args, windows, laidOut, dy);
      if (args.dBias) addColumnSums(windows, F, dy, args.dBias);
      memory.fill(gradient, 0, <usize>read * row);
      for (let i = 0; i < windows; i++, dy += row) {
        let to = gradient + <usize>(i * strides) * row;
        for (let k = 0, w = args.w; k < args.kernelSize; k++, w += row, to += <usize>args.dilationRate * row) addProductRow(to, dy, w, F);
      }
      addInputGradients(args, rows, first, read, gradient, args.dx + ((b * <usize>(args.T * args.C)) << 2));
      done += windows;
    }
  }
}

/** Adds what `windows` windows give to dw [kernelSize, F], from the laid out x and their dy. */
function addWeightGradients(args: Conv1dBackwardArguments, windows: i32, laidOut: usize, dy: usize): void {
  const row = <usize>args.F << 2, xStride = <usize>args.strides * row, tapStride = <usize>args.dilationRate * row;
  let f: usize = 0;
  for (; f + 32 <= row; f += 32) {
    for (let k = 0, dw = args.dw + f, x = laidOut + f; k < args.kernelSize; k++, dw += row, x += tapStride) {
      let s0 = v128.load(dw), s1 = v128.load(dw, 16);
      for (let i = 0, a = x, b = dy + f; i < windows; i++, a += xStride, b += row) {
        s0 = multiplyAdd(v128.load(a), v128.load(b), s0);
        s1 = multiplyAdd(v128.load(a, 16), v128.load(b, 16), s1);
      }
      v128.store(dw, s0);
      v128.store(dw, s1, 16);
    }
  }
  for (; f < row; f += 4) {
    for (let k = 0, dw = args.dw + f, x = laidOut + f; k < args.kernelSize; k++, dw += row, x += tapStride) {
      let sum = load<f32>(dw);
      for (let i = 0, a = x, b = dy + f; i < windows; i++, a += xStride, b += row) sum += load<f32>(a) * load<f32>(b);
      store<f32>(dw, sum);
    }
  }
}

/** Adds the gradient of laid out steps to those of x that are real. */
function addInputGradients(args: Conv1dBackwardArguments, rows: Rows, first: i32, count: i32, gradient: usize, dx: usize): void {
  const C = args.C, repeats = args.F / C, row = <usize>args.F << 2;
  for (let i = 0, step = first; i < count; i++, step++, gradient += row) {
    if (<u32>step >= <u32>args.T || (rows.mask && !load<u8>(rows.mask + <usize>step))) continue;
    const to = dx + (<usize>(step * C) << 2);
    if (repeats == 1) addRow(to, gradient, C);
    else addRepeated(to, gradient, C, repeats);
  }
}

/** to [C] += the sum of each channel's `repeats` gradients. */
function addRepeated(to: usize, from: usize, C: i32, repeats: i32): void {
  for (let c = 0; c < C; c++, to += 4) {
    let sum = load<f32>(to);
    for (let j = 0; j < repeats; j++, from += 4) sum += load<f32>(from);
    store<f32>(to, sum);
  }
}
