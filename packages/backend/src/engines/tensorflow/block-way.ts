import * as tf from '@tensorflow/tfjs-core';
import type { Tensorflow } from './binding.ts';
import { rowsAt, scatterRows } from './rows.ts';
import type { BackwardInputs, BackwardResult, ForwardInputs, ForwardResult, Way } from './way.ts';

/** From about this many units the loop of the graph way is faster than BlockLSTMGradV2, which adds to dW in every step. */
const WIDE = 96;

const attrs = { use_peephole: { bool: false } } as const;

/**
 * An LSTM as TensorFlow's ops for a whole sequence, BlockLSTMV2 and BlockLSTMGradV2. The order of their gates is Keras' own: i, f, g, o.
 * @param graphWay runs the backward pass of wide layers. Both save the same values.
 */
export function createBlockWay(tensorflow: Tensorflow, graphWay: Way): Way {
  return {
    takes: ({ cell, hardSigmoid, drops }) => cell === 'lstm' && !hardSigmoid && !drops,
    forward: (_, inputs) => forward(tensorflow, inputs),
    backward: (form, inputs) => ((inputs.u.shape[0] as number) < WIDE ? backward(tensorflow, inputs) : graphWay.backward(form, inputs)),
  };
}

function forward(tensorflow: Tensorflow, { x, w, u, bias, h0, c0, lengths }: ForwardInputs): ForwardResult {
  const [T] = x.shape as [number];
  const [i, c, f, o, g, tanhC, h] = tensorflow.execute(
    'BlockLSTMV2',
    [{ int64: T }, x, c0 as tf.Tensor, h0, ...sharedInputs(w, u, bias)],
    attrs,
    7,
  ) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  const last = (steps: tf.Tensor, initial: tf.Tensor) => lastOf(tensorflow, steps, initial, lengths);
  return { y: h, h: last(h, h0), c: last(c, c0 as tf.Tensor), saved: [h, c, i, f, g, o, tanhC] };
}

function backward(tensorflow: Tensorflow, { x, w, u, h0, c0, lengths, saved, dy, dh, dc }: BackwardInputs): BackwardResult {
  const [T, B] = x.shape as [number, number];
  const [h, c, i, f, g, o, tanhC] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  /** The gradient of a last state at the step that computed it. */
  const atEnds = (gradient: tf.Tensor) => tf.reshape(scatterRows(tensorflow, gradient, endsOf(lengths, T, B), T * B), [T, B, -1]);
  const [dx, dc0, dh0, dwu, , , , dBias] = tensorflow.execute(
    'BlockLSTMGradV2',
    [
      { int64: T },
      x,
      c0 as tf.Tensor,
      h0,
      ...sharedInputs(w, u, tf.zeros([w.shape[1] as number])),
      i,
      c,
      f,
      o,
      g,
      tanhC,
      h,
      dc ? atEnds(dc) : tf.zerosLike(dy),
      dh ? tf.add(dy, atEnds(dh)) : dy,
    ],
    attrs,
    8,
  ) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  const [dw, du] = tf.split(dwu, [w.shape[0] as number, u.shape[0] as number]) as [tf.Tensor, tf.Tensor];
  const initial = (gradient: tf.Tensor, dLast: tf.Tensor | undefined) => (dLast ? addOfEmptyRows(gradient, dLast, lengths) : gradient);
  return { dx, dw, du, dBias, dh0: initial(dh0, dh), dc0: initial(dc0, dc) };
}

/** Weights, the three peephole weights that are not used, and the bias. */
function sharedInputs(w: tf.Tensor, u: tf.Tensor, bias: tf.Tensor): tf.Tensor[] {
  const unused = tf.zeros([u.shape[0] as number]);
  return [tf.concat([w, u]), unused, unused, unused, bias];
}

/** The row of each sequence's last real step among the rows of [T·B, H]; -1 for a sequence without one. */
function endsOf(lengths: Int32Array | undefined, T: number, B: number): Int32Array {
  return Int32Array.from({ length: B }, (_, b) => {
    const length = lengths?.[b] ?? T;
    return length > 0 ? (length - 1) * B + b : -1;
  });
}

function lastOf(tensorflow: Tensorflow, steps: tf.Tensor, initial: tf.Tensor, lengths: Int32Array | undefined): tf.Tensor {
  const [T, B, H] = steps.shape as [number, number, number];
  if (!lengths) return tf.reshape(tf.slice(steps, [T - 1, 0, 0], [1, B, H]), [B, H]);
  const last = rowsAt(tensorflow, tf.reshape(steps, [T * B, H]), endsOf(lengths, T, B));
  return addOfEmptyRows(last, initial, lengths);
}

/** `value`, plus `other` in the rows of sequences without a real step. [B, H] both. */
function addOfEmptyRows(value: tf.Tensor, other: tf.Tensor, lengths: Int32Array | undefined): tf.Tensor {
  if (!lengths?.includes(0)) return value;
  const empty = tf.tensor2d(
    Float32Array.from(lengths, (length) => (length === 0 ? 1 : 0)),
    [lengths.length, 1],
  );
  return tf.add(value, tf.mul(other, empty));
}
