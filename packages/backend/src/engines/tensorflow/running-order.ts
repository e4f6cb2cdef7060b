import * as tf from '@tensorflow/tfjs-core';
import type { Tensorflow } from './binding.ts';
import { rowsAt, scatterRows } from './rows.ts';

/** How the ways see a batch: time-major, in the order of running, with the real steps of each row first and padding at its end. */
export interface RunningOrder {
  /** Steps of the longest row; 0 if the batch has no real step. */
  readonly steps: number;
  /** Real steps of each row. Undefined: all. */
  readonly lengths: Int32Array | undefined;
  /** [B, T, D] → [steps, B, D]. */
  arrange(values: tf.Tensor): tf.Tensor;
  /** The gradient of `arrange`. */
  arrangeGrad(gradient: tf.Tensor): tf.Tensor;
  /** y [steps, B, H] → [B, T, H] in the order of running. A padded step repeats the output before it, zeros before the first real step. */
  restore(y: tf.Tensor): tf.Tensor;
  /** The gradient of `restore`. */
  restoreGrad(gradient: tf.Tensor): tf.Tensor;
}

/** Without padding: a transposition, and a reversal. */
export function fullOrder(T: number, reverse: boolean): RunningOrder {
  const swap = (values: tf.Tensor) => tf.transpose(values, [1, 0, 2]);
  return {
    steps: T,
    lengths: undefined,
    arrange: (values) => (reverse ? tf.reverse(swap(values), 0) : swap(values)),
    arrangeGrad: (gradient) => swap(reverse ? tf.reverse(gradient, 0) : gradient),
    restore: swap,
    restoreGrad: swap,
  };
}

/** With padding anywhere: rows are looked up by index. `mask` holds 1 for the real steps of [B, T]. */
export function maskedOrder(tensorflow: Tensorflow, mask: Uint8Array, [B, T]: [number, number], reverse: boolean): RunningOrder {
  const { lengths, steps, positions, outputs } = planOf(mask, [B, T], reverse);
  // A step past the end of a row holds a copy of a real step, so that its values are finite.
  const anyReal = Math.max(0, ...positions.slice(0, B));
  const inputs = positions.map((position) => (position < 0 ? anyReal : position));
  const rows = (values: tf.Tensor) => tf.reshape(values, [-1, values.shape[2] as number]);
  return {
    steps,
    lengths,
    arrange: (values) => tf.reshape(rowsAt(tensorflow, rows(values), inputs), [steps, B, -1]),
    arrangeGrad: (gradient) => tf.reshape(scatterRows(tensorflow, rows(gradient), positions, B * T), [B, T, -1]),
    restore: (y) => tf.reshape(rowsAt(tensorflow, rows(y), outputs), [B, T, -1]),
    restoreGrad: (gradient) => tf.reshape(scatterRows(tensorflow, rows(gradient), outputs, steps * B), [steps, B, -1]),
  };
}

interface Plan {
  lengths: Int32Array;
  steps: number;
  /** [steps·B]: the row of [B·T] that each step reads, -1 past the end. */
  positions: Int32Array;
  /** [B·T]: the row of [steps·B] that each output shows, -1 before the first real step. */
  outputs: Int32Array;
}

function planOf(mask: Uint8Array, [B, T]: [number, number], reverse: boolean): Plan {
  const lengths = Int32Array.from({ length: B }, (_, b) => mask.subarray(b * T, (b + 1) * T).reduce((sum, real) => sum + real, 0));
  const steps = lengths.reduce((most, length) => Math.max(most, length), 0);
  const positions = new Int32Array(steps * B).fill(-1);
  const outputs = new Int32Array(B * T);
  for (let b = 0; b < B; b++) {
    let done = 0;
    for (let j = 0; j < T; j++) {
      const position = b * T + (reverse ? T - 1 - j : j);
      if (mask[position]) positions[done++ * B + b] = position;
      outputs[b * T + j] = done > 0 ? (done - 1) * B + b : -1;
    }
  }
  return { lengths, steps, positions, outputs };
}
