import * as tf from '@tensorflow/tfjs-core';

/** [N]: 1 for a row of outputs [N, units] with only finite values, otherwise 0. */
export const finiteRows = (outputs: tf.Tensor2D): tf.Tensor1D => tf.min(tf.cast(tf.isFinite(outputs), 'float32'), 1);

/** 1 where the largest of the outputs [N, classes] is that of the target's class [N], else 0: [N]. A row that is not finite has no hit. */
export function hits(outputs: tf.Tensor2D, classes: tf.Tensor): tf.Tensor1D {
  const right = tf.equal(tf.argMax(outputs, 1), tf.cast(classes, 'int32'));
  return tf.mul(tf.cast(right, 'float32'), finiteRows(outputs));
}
