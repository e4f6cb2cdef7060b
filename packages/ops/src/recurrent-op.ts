/** The op that runs a recurrent cell over a whole sequence, and its gradient. */
import * as tf from '@tensorflow/tfjs-core';
import type { cellNumbers } from '@unroll/kernels/cell-numbers.ts';
import { differentiable } from './differentiable.ts';

/** The op's options. */
export interface RecurrentAttrs extends tf.NamedAttrMap {
  cell: keyof typeof cellNumbers;
  units: number;
  /** Gates are hardSigmoid·x + 0.5 within [0, 1] instead of sigmoids, unless it is 0. Keras 3 has 1/6; Keras 2 and TF.js have 0.2. */
  hardSigmoid?: number;
  /** Run from the last step to the first; outputs are in the order of running. */
  reverse: boolean;
  /** What a run gives: y [B,T,H]; the last h [B,H]; or all in one, flat: y, then the last h (and c). */
  output: 'sequence' | 'last' | 'all';
  /** Whether a gradient will be computed. */
  training: boolean;
}

/** Tensors that the op is differentiable by: B sequences of T steps of I features, H units in G gates. */
export interface RecurrentInputs {
  /** [B, T, I]. */
  x: tf.Tensor;
  /** [I, G·H]. */
  w: tf.Tensor;
  /** [H, G·H]. */
  u: tf.Tensor;
  /** [G·H]; with gruResetAfter [2, G·H]: that of x·W, then that of h·U. */
  bias?: tf.Tensor;
  /** The initial state, [B, H] each; c0 of an LSTM. */
  h0?: tf.Tensor;
  c0?: tf.Tensor;
}

/** Constants to the gradient: mask bool [B, T], and drop [B, H], which multiplies the previous h in h·U. */
export interface RecurrentFactors {
  mask?: tf.Tensor | undefined;
  drop?: tf.Tensor | undefined;
}

/**
 * UnrollRecurrent with UnrollRecurrentGrad as its gradient; each engine registers both. The gradient takes what the op saved as
 * `saved`, and saved tensors after the first as '0', '1', ...
 * @returns what `attrs.output` names.
 */
export function runRecurrent(
  inputs: RecurrentInputs,
  { mask, drop }: RecurrentFactors,
  attrs: Omit<RecurrentAttrs, 'training'>,
): tf.Tensor {
  const factors: tf.NamedTensorMap = { ...(mask && { mask }), ...(drop && { drop }) };
  const training = tf.engine().state.gradientDepth > 0;
  const forward = (given: tf.NamedTensorMap) =>
    tf.engine().runKernel('UnrollRecurrent', { ...given, ...factors }, { ...attrs, training }) as unknown as [
      tf.Tensor,
      tf.Tensor,
      ...tf.Tensor[],
    ];
  if (!training) return forward({ ...inputs } as tf.NamedTensorMap)[0];
  const hasBias = inputs.bias !== undefined;
  return differentiable(
    { ...inputs } as tf.NamedTensorMap,
    (given) => {
      const [value, saved, ...more] = forward(given);
      const { x, w, u } = given as unknown as RecurrentInputs;
      return { value, saved: { x, w, u, saved, ...factors, ...Object.fromEntries(more.entries()) } };
    },
    (dOut, saved) => {
      const gradients = tf.engine().runKernel('UnrollRecurrentGrad', { ...saved, dOut }, { ...attrs, training, bias: hasBias });
      const [x, w, u, ...rest] = gradients as unknown as tf.Tensor[];
      const [bias, h0, c0] = hasBias ? rest : [undefined, ...rest];
      return { x, w, u, bias, h0, c0 } as tf.NamedTensorMap;
    },
  );
}
