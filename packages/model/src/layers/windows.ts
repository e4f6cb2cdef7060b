import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from './layer.ts';

/** Windows of steps that slide over a sequence, in a convolution or a pooling layer. Counts and padding are Keras'. */
export interface Windows {
  /** Steps that a window reads. */
  size: number;
  /** Steps from a window to the next. */
  strides: number;
  /** Steps from one that a window reads to the next. */
  dilationRate: number;
  /** 'valid' has whole windows only; 'same' a window for each stride, with padding on both sides; 'causal' pads only before the first step. */
  padding: 'valid' | 'same' | 'causal';
}

/** Steps from the first that a window reads to the last. */
export const reachOf = ({ size, dilationRate }: Windows) => (size - 1) * dilationRate;

/** The windows over a sequence of `steps` steps: steps of the output. */
export function windowCount(windows: Windows, steps: number): number {
  if (windows.padding !== 'valid') return Math.ceil(steps / windows.strides);
  return Math.max(0, Math.floor((steps - 1 - reachOf(windows)) / windows.strides) + 1);
}

/** Padding before a sequence of `steps` steps. */
export function stepsBefore(windows: Windows, steps: number): number {
  if (windows.padding === 'valid') return 0;
  if (windows.padding === 'causal') return reachOf(windows);
  const end = (windowCount(windows, steps) - 1) * windows.strides + reachOf(windows) + 1;
  return Math.floor(Math.max(0, end - steps) / 2);
}

/** A sequence of an output a window. @throws if the input's length is fixed and shorter than a window. */
export function windowedShape({ steps }: Extract<Shape, { kind: 'sequence' }>, features: number, windows: Windows): Shape {
  if (steps === undefined) return { kind: 'sequence', features };
  const count = windowCount(windows, steps);
  if (count > 0) return { kind: 'sequence', features, steps: count };
  throw new Error(
    `expected at least ${reachOf(windows) + 1} steps, the reach of a window, got ${steps}; use a smaller window or other padding`,
  );
}

/** A mask as bytes [B, T], and the steps of each sequence up to its last real one. */
export function readMask(mask: tf.Tensor2D): { real: ArrayLike<number>; lengths: number[] } {
  const [B, T] = mask.shape;
  const real = mask.dataSync();
  const lengths = Array.from({ length: B }, (_, b) => real.subarray(b * T, (b + 1) * T).lastIndexOf(1) + 1);
  return { real, lengths };
}

/** A mask [B, steps] whose step t of sequence b is real if `isReal` says so. */
export function maskOf(B: number, steps: number, isReal: (b: number, t: number) => boolean): tf.Tensor2D {
  const real = Uint8Array.from({ length: B * steps }, (_, i) => (isReal(Math.floor(i / steps), i % steps) ? 1 : 0));
  return tf.tensor2d(real, [B, steps], 'bool');
}

/**
 * The mask of the output. A window is real if its own step is: the first for 'same', else the last that it reads. So a sequence has as
 * many real windows in a padded batch as by itself.
 */
export function windowsMask(mask: tf.Tensor2D, windows: Windows): tf.Tensor2D {
  const { padding, strides } = windows;
  if (padding !== 'valid' && strides === 1) return mask;
  const [B, T] = mask.shape;
  const { real } = readMask(mask);
  const own = padding === 'valid' ? reachOf(windows) : 0;
  return maskOf(B, windowCount(windows, T), (b, t) => real[b * T + own + t * strides] === 1);
}

/** Padding before each sequence of a batch [B, T]. With 'same' and strides it follows from the sequence's own length. */
export function stepsBeforeEach(windows: Windows, [B, T]: readonly [number, number], mask: tf.Tensor2D | undefined): number[] {
  if (mask && windows.padding === 'same' && windows.strides > 1) {
    return readMask(mask).lengths.map((length) => stepsBefore(windows, length));
  }
  return new Array(B).fill(stepsBefore(windows, T));
}

/**
 * Rows of x [B, T, C] as [B, count, C]: sequence b after befores[b] steps of padding. Padding, padded steps and steps beyond the end
 * hold `fill`.
 */
export function placeSteps(
  x: tf.Tensor3D,
  mask: tf.Tensor2D | undefined,
  befores: readonly number[],
  count: number,
  fill = 0,
): tf.Tensor3D {
  const [B, T, C] = x.shape;
  const [first = 0] = befores;
  if (!mask && befores.every((before) => before === first)) return placeAlike(x, first, count, fill);
  const real = mask && readMask(mask).real;
  const padding = B * T;
  const rows = new Int32Array(B * count).fill(padding);
  for (const [b, before] of befores.entries()) {
    for (let t = Math.max(0, -before); t < Math.min(T, count - before); t++) {
      if (!real || real[b * T + t] === 1) rows[b * count + before + t] = b * T + t;
    }
  }
  const all = tf.concat([tf.reshape(x, [padding, C]), tf.fill([1, C], fill)], 0);
  return tf.reshape(tf.gather(all, tf.tensor1d(rows, 'int32')), [B, count, C]);
}

/** placeSteps with the same padding before every sequence, and no padded steps. */
function placeAlike(x: tf.Tensor3D, before: number, count: number, fill: number): tf.Tensor3D {
  const [B, T, C] = x.shape;
  const from = Math.max(0, -before);
  const kept = Math.max(0, Math.min(T - from, count - Math.max(0, before)));
  const padding = (steps: number) => (steps > 0 ? [tf.fill<tf.Rank.R3>([B, steps, C], fill)] : []);
  const own = kept === T ? x : tf.slice(x, [0, from, 0], [B, kept, C]);
  const parts = [...padding(Math.max(0, before)), own, ...padding(count - Math.max(0, before) - kept)];
  return parts.length === 1 ? own : tf.concat(parts, 1);
}

/** For each step that a window reads, that step of every window of x: tensors [B, windows, C]. Padding and padded steps hold `fill`. */
export function tapsOf(x: tf.Tensor3D, mask: tf.Tensor2D | undefined, windows: Windows, fill = 0): tf.Tensor3D[] {
  const [B, T, C] = x.shape;
  const { size, strides, dilationRate } = windows;
  const count = windowCount(windows, T);
  const taken = count + Math.floor(reachOf(windows) / strides);
  const placed = placeSteps(x, mask, stepsBeforeEach(windows, [B, T], mask), taken * strides, fill);
  // The steps r, r + strides ... for each r. (tfjs has no gradient of unstack for a single output.)
  const phases = strides === 1 ? [placed] : (tf.unstack(tf.reshape(placed, [B, taken, strides, C]), 2) as tf.Tensor3D[]);
  return Array.from({ length: size }, (_, tap) => {
    const step = tap * dilationRate;
    const phase = phases[step % strides] as tf.Tensor3D;
    return taken === count ? phase : tf.slice(phase, [0, Math.floor(step / strides), 0], [B, count, C]);
  });
}

/** Floats of the tensors that placeSteps makes of a row of `steps` steps of C features. */
export const placedFloats = (steps: number, C: number, count: number) => 2 * (steps + 1 + count) * C + count;

/** Floats of the tensors that tapsOf makes of a row. */
export function tapsFloats(windows: Windows, steps: number, C: number): number {
  const { size, strides } = windows;
  const count = windowCount(windows, steps);
  const placed = (count + Math.floor(reachOf(windows) / strides)) * strides;
  return placedFloats(steps, C, placed) + 2 * placed * C + size * count * C;
}
