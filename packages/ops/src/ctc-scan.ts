/** The CTC loss in plain tfjs ops, for a backend without the fused op: one step of the forward variables for each frame. */
import * as tf from '@tensorflow/tfjs-core';
import type { CtcInputs } from './ctc-inputs.ts';
import { withZeroGradients } from './differentiable.ts';
import { atLeastLogZero, isLogZero, LOG_ZERO } from './log-space.ts';

/** Losses [B], Infinity where no path spells the target. Lengths and labels must be in range. */
export function ctcScan({ logits, frames, targets, targetLengths }: CtcInputs, blank: number): tf.Tensor1D {
  const [B, T, L] = logits.shape;
  const lattice = latticeOf(targets.arraySync(), Array.from(targetLengths.dataSync()), blank);
  const { U } = lattice;
  let alpha = tf.tensor2d(
    Array.from({ length: B * U }, (_, i) => (i % U ? LOG_ZERO : 0)),
    [B, U],
  );
  if (B && T) {
    const chosen = tf.cast(tf.oneHot(tf.tensor2d(lattice.labels, [B, U], 'int32'), L), 'float32');
    const probabilities = tf.matMul(atLeastLogZero(tf.logSoftmax(logits)), chosen, false, true);
    const skips = tf.tensor2d(lattice.skips, [B, U]);
    const left: [number, number][] = [
      [0, 0],
      [2, 0],
    ];
    for (let t = 0; t < T; t++) {
      const padded = tf.pad(alpha, left, LOG_ZERO);
      const before = (states: number) => tf.slice(padded, [0, 2 - states], [B, U]);
      const reached = tf.logSumExp(tf.stack([alpha, before(1), tf.add(before(2), skips)]), 0);
      const next = tf.add(reached, tf.reshape(tf.slice(probabilities, [0, t, 0], [B, 1, U]), [B, U]));
      alpha = tf.where(tf.expandDims(tf.greater(frames, t), 1), next, alpha) as tf.Tensor2D;
    }
  }
  const total = tf.logSumExp(tf.add(alpha, tf.tensor2d(lattice.ends, [B, U])), 1) as tf.Tensor1D;
  const losses = tf.where(isLogZero(total), tf.fill([B], Number.POSITIVE_INFINITY), tf.sub(0, total)) as tf.Tensor1D;
  return B && T ? losses : (withZeroGradients(losses, [logits]) as tf.Tensor1D);
}

/** The states of each row, labels between blanks, row after row: U for each. */
function latticeOf(targets: readonly (readonly number[])[], lengths: readonly number[], blank: number) {
  const U = 2 * Math.max(0, ...lengths) + 1;
  const states = lengths.flatMap((length, b) =>
    Array.from({ length: U }, (_, s) => {
      const label = (at: number) => (at % 2 ? targets[b]?.[(at - 1) / 2] : undefined);
      const isReal = s <= 2 * length;
      return {
        label: (isReal ? label(s) : undefined) ?? blank,
        skip: isReal && s >= 3 && s % 2 === 1 && label(s) !== label(s - 2) ? 0 : LOG_ZERO,
        end: s === 2 * length || s === 2 * length - 1 ? 0 : LOG_ZERO,
      };
    }),
  );
  return { U, labels: states.map(({ label }) => label), skips: states.map(({ skip }) => skip), ends: states.map(({ end }) => end) };
}
