import * as tf from '@tensorflow/tfjs-core';
import { differentiable, hasOp } from '@unroll/ops/differentiable.ts';

/** The loss of each row: predictions and targets → [B]. The caller sums or averages. */
export type Loss = (predictions: tf.Tensor2D, targets: tf.Tensor2D) => tf.Tensor1D;

/**
 * Binary cross-entropy from logits, the mean over outputs of max(x, 0) - x·y + log(1 + e^-|x|). This form never overflows.
 * predictions and targets [B, L], targets in [0, 1]. As keras.losses.BinaryCrossentropy(from_logits=True).
 */
export const binaryCrossentropy: Loss = (predictions, targets) => {
  const positive = tf.sub(tf.relu(predictions), tf.mul(predictions, targets));
  return tf.mean(tf.add(positive, tf.log1p(tf.exp(tf.neg(tf.abs(predictions))))), 1);
};

/** Cross-entropy from logits: -Σ y · log softmax(x). predictions and targets [B, C]; targets are distributions. */
export const categoricalCrossentropy: Loss = (predictions, targets) => tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(predictions)), 1));

/**
 * The same with class indices as targets: predictions [B, C], targets [B, 1]. Runs as one fused op if the backend has it.
 * @throws from the fused op, if an index is not a class.
 */
export const sparseCategoricalCrossentropy: Loss = (predictions, targets) => {
  const labels = tf.cast(tf.squeeze(targets, [1]), 'int32') as tf.Tensor1D;
  if (hasOp('UnrollCrossEntropy')) return fusedCrossentropy(predictions, labels);
  const oneHot = tf.oneHot(labels, predictions.shape[1]);
  return categoricalCrossentropy(predictions, tf.cast(oneHot, 'float32') as tf.Tensor2D);
};

function fusedCrossentropy(predictions: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  return differentiable(
    { logits: predictions },
    ({ logits }) => {
      const outputs = tf.engine().runKernel('UnrollCrossEntropy', { logits, labels });
      const [margins, sums, gradient] = outputs as unknown as [tf.Tensor1D, tf.Tensor1D, tf.Tensor2D];
      return { value: tf.sub(tf.log(sums), margins), saved: { gradient } };
    },
    (dLoss, { gradient }) => ({ logits: tf.mul(tf.expandDims(dLoss, 1), gradient as tf.Tensor) }),
  ) as tf.Tensor1D;
}

/** Mean over outputs of (y - ŷ)². [B, L] both. */
export const meanSquaredError: Loss = (predictions, targets) => tf.mean(tf.square(tf.sub(predictions, targets)), 1);

/** Mean over outputs of |y - ŷ|. [B, L] both. */
export const meanAbsoluteError: Loss = (predictions, targets) => tf.mean(tf.abs(tf.sub(predictions, targets)), 1);

/** Huber loss (Huber, 1964), mean over outputs: squared within `delta` of the target, linear beyond. [B, L] both. */
export const huber =
  (delta = 1): Loss =>
  (predictions, targets) => {
    const error = tf.abs(tf.sub(predictions, targets));
    const inner = tf.minimum(error, delta);
    return tf.mean(tf.add(tf.mul(0.5, tf.square(inner)), tf.mul(delta, tf.sub(error, inner))), 1);
  };

/**
 * Pinball loss (Koenker & Bassett, 1978): the mean over quantiles of max(q·e, (q-1)·e), e = y - ŷ. predictions [N, L·quantiles],
 * the quantiles of a value side by side; targets [N, L].
 */
export const pinball =
  (quantiles: readonly number[]): Loss =>
  (predictions, targets) => {
    const [N, L] = targets.shape;
    const levels = tf.tensor1d([...quantiles]);
    const error = tf.sub(tf.expandDims(targets, 2), tf.reshape(predictions, [N, L, quantiles.length]));
    return tf.mean(tf.maximum(tf.mul(levels, error), tf.mul(tf.sub(levels, 1), error)), [1, 2]);
  };

/**
 * A cross-entropy against (1-ε)·target + ε·uniform (Szegedy et al., 2016), as label_smoothing of Keras' losses.
 * @param independent targets are 0 or 1 for each class; otherwise they are class indices.
 */
export function smoothTargets(loss: Loss, epsilon: number, independent: boolean): Loss {
  if (epsilon === 0) return loss;
  if (independent) return (predictions, targets) => loss(predictions, tf.add(tf.mul(targets, 1 - epsilon), epsilon / 2));
  // (1-ε)·(s - x_y) + ε·(s - mean x), s = log Σ eˣ, is the cross-entropy plus ε·(x_y - mean x).
  return (predictions, targets) => {
    const [, classes] = predictions.shape;
    // Cast afterwards: the WASM backend ignores oneHot's dtype and writes int32.
    const chosen = tf.cast(tf.oneHot(tf.cast(tf.squeeze(targets, [1]), 'int32'), classes), 'float32');
    const margins = tf.sub(tf.sum(tf.mul(chosen, predictions), 1), tf.mean(predictions, 1));
    return tf.add(loss(predictions, targets), tf.mul(epsilon, margins));
  };
}

/** A loss times the weight of the target's class. targets [B, 1] are class indices. As class_weight of keras.Model.fit. */
export const weighByClass =
  (loss: Loss, weights: readonly number[]): Loss =>
  (predictions, targets) => {
    const classes = tf.cast(tf.squeeze(targets, [1]), 'int32');
    return tf.mul(loss(predictions, targets), tf.gather(tf.tensor1d([...weights]), classes));
  };
