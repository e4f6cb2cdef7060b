import * as tf from '@tensorflow/tfjs-core';
import { binaryCrossentropy, categoricalCrossentropy, type Loss } from './losses.ts';
import type { LossOptions } from './task.ts';

/**
 * Cross-entropy against a probability for each class: predictions [N, C] logits, targets [N, C]; with one unit both [N, 1], the
 * target being the second class's probability. A sample that is class c with probability p counts as p samples of class c, so the
 * loss is Σ p_c · loss(class c). Label smoothing and class weights follow from that.
 */
export function softCrossentropy(classes: number, { labelSmoothing = 0, classWeights }: LossOptions): Loss {
  const weights = classWeights ?? new Array<number>(classes).fill(1);
  /** Probabilities [N, C] → weighted and smoothed targets [N, C], and their sums [N, 1]. */
  function weighted(probabilities: tf.Tensor2D): { mass: tf.Tensor2D; sums: tf.Tensor2D } {
    const counts = tf.mul(probabilities, tf.tensor1d([...weights])) as tf.Tensor2D;
    const sums = tf.sum(counts, 1, true) as tf.Tensor2D;
    return { mass: tf.add(tf.mul(counts, 1 - labelSmoothing), tf.mul(sums, labelSmoothing / classes)), sums };
  }
  return (predictions, targets) => {
    if (targets.shape[1] !== 1) return categoricalCrossentropy(predictions, weighted(targets).mass);
    const { mass, sums } = weighted(tf.concat([tf.sub(1, targets), targets], 1) as tf.Tensor2D);
    const positive = tf.slice(mass, [0, 1], [-1, 1]);
    return tf.mul(tf.squeeze(sums, [1]), binaryCrossentropy(predictions, tf.div(positive, sums)));
  };
}
