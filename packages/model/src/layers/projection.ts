import * as tf from '@tensorflow/tfjs-core';
import { isInt8, matMulInt8 } from '../weights/int8-tensors.ts';

/** x·W + b on the last axis, W [D, units] in float32 or int8: [..., D] → [..., units]. */
export function project(x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor | undefined, units: number): tf.Tensor {
  const leading = x.shape.slice(0, -1);
  const rows = tf.reshape(x, [tf.util.sizeFromShape(leading), x.shape.at(-1) as number]) as tf.Tensor2D;
  return tf.reshape(projectRows(rows, kernel, bias, units), [...leading, units]);
}

function projectRows(rows: tf.Tensor2D, kernel: tf.Tensor, bias: tf.Tensor | undefined, units: number): tf.Tensor {
  if (isInt8(kernel)) return matMulInt8(rows, kernel, bias, units);
  const product = tf.matMul(rows, kernel as tf.Tensor2D);
  return bias ? tf.add(product, bias) : product;
}

/** Floats of its tensors for a row of D. */
export const projectionFloats = (D: number, units: number) => D + 3 * units;
