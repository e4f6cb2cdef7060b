import * as tf from '@tensorflow/tfjs-core';

/** Loss of each sample: predictions and targets → [B]. The caller sums or averages. */
export type Loss = (predictions: tf.Tensor2D, targets: tf.Tensor2D) => tf.Tensor1D;

/**
 * Binary cross-entropy from logits, mean over outputs: max(x, 0) - x·y + log(1 + e^-|x|), which never overflows.
 * predictions and targets [B, L], targets in [0, 1]. As keras.losses.BinaryCrossentropy(from_logits=True).
 */
export const binaryCrossentropy: Loss = (predictions, targets) => {
  const positive = tf.sub(tf.relu(predictions), tf.mul(predictions, targets));
  return tf.mean(tf.add(positive, tf.log1p(tf.exp(tf.neg(tf.abs(predictions))))), 1);
};

/** Cross-entropy of a softmax over logits. predictions and targets [B, C]; targets are distributions. */
export const categoricalCrossentropy: Loss = (predictions, targets) => tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(predictions)), 1));

/** The same with class indices: predictions [B, C], targets [B, 1]. */
export const sparseCategoricalCrossentropy: Loss = (predictions, targets) => {
  const classes = predictions.shape[1];
  const oneHot = tf.oneHot(tf.cast(tf.squeeze(targets, [1]), 'int32') as tf.Tensor1D, classes);
  return categoricalCrossentropy(predictions, tf.cast(oneHot, 'float32') as tf.Tensor2D);
};

/** Mean over outputs of (y - ŷ)². [B, L] both. */
export const meanSquaredError: Loss = (predictions, targets) => tf.mean(tf.square(tf.sub(predictions, targets)), 1);

/** Mean over outputs of |y - ŷ|. [B, L] both. */
export const meanAbsoluteError: Loss = (predictions, targets) => tf.mean(tf.abs(tf.sub(predictions, targets)), 1);

/** Huber (1964): squared within `delta` of the target, linear beyond; mean over outputs. [B, L] both. */
export const huber =
  (delta = 1): Loss =>
  (predictions, targets) => {
    const error = tf.abs(tf.sub(predictions, targets));
    const inner = tf.minimum(error, delta);
    return tf.mean(tf.add(tf.mul(0.5, tf.square(inner)), tf.mul(delta, tf.sub(error, inner))), 1);
  };
