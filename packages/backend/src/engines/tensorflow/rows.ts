import * as tf from '@tensorflow/tfjs-core';
import type { Tensorflow } from './binding.ts';

/** Rows of `values` [N, D] by index, [indices, D]; zeros for an index of -1. Calls the op itself: tfjs-node's gather reads indices back. */
export function rowsAt(tensorflow: Pick<Tensorflow, 'execute'>, values: tf.Tensor, indices: Int32Array): tf.Tensor {
  const hasNone = indices.includes(-1);
  const ids = tf.tensor1d(hasNone ? indices.map((index) => Math.max(index, 0)) : indices, 'int32');
  const [rows] = tensorflow.execute('GatherV2', [values, ids, tf.scalar(0, 'int32')], {}, 1) as [tf.Tensor];
  if (!hasNone) return rows;
  const has = Float32Array.from(indices, (index) => (index < 0 ? 0 : 1));
  return tf.mul(rows, tf.tensor2d(has, [indices.length, 1]));
}

/** The gradient of rowsAt: each row of `values` [indices, D] added to row indices[i] of [count, D]. TensorFlow drops rows with index -1. */
export function scatterRows(tensorflow: Pick<Tensorflow, 'execute'>, values: tf.Tensor, indices: Int32Array, count: number): tf.Tensor {
  const inputs = [values, tf.tensor1d(indices, 'int32'), tf.scalar(count, 'int32')];
  return (tensorflow.execute('UnsortedSegmentSum', inputs, {}, 1) as [tf.Tensor])[0];
}
