import * as tf from '@tensorflow/tfjs-core';
import type { Work } from '../serve.ts';

export const VOCABULARY = 96;

/** A training step of next-id prediction: cross-entropy at every step, gradients, tfjs's Adam on `initial` and `more`. */
export function crossEntropyStep(
  logits: (weights: readonly tf.Tensor[], ids: tf.Tensor) => tf.Tensor,
  initial: readonly tf.Tensor[],
  [B, T]: [number, number],
  more: readonly tf.Variable[] = [],
): Work {
  const ids = tf.randomUniformInt([B, T], 1, VOCABULARY);
  const targets = tf.cast(tf.oneHot(tf.reshape(tf.randomUniformInt([B, T], 1, VOCABULARY), [B * T]), VOCABULARY), 'float32');
  const variables = initial.map((each) => tf.variable(each));
  const optimizer = tf.train.adam(1e-3);
  const loss = () => tf.losses.softmaxCrossEntropy(targets, tf.reshape(logits(variables, ids), [B * T, VOCABULARY])) as tf.Scalar;
  return () => tf.tidy(() => void (optimizer.minimize(loss, true, [...variables, ...more]) as tf.Scalar).dataSync());
}
