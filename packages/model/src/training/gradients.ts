import * as tf from '@tensorflow/tfjs-core';

/**
 * The value of f at xs and its gradient by each x. The gradient by an x that f does not use is zero, such as a weight of a layer that
 * sees only padded steps; tf.valueAndGrads throws there. Call inside tf.tidy.
 */
export function valueAndGradients(f: (...xs: tf.Tensor[]) => tf.Scalar, xs: tf.Tensor[]): { value: tf.Scalar; gradients: tf.Tensor[] } {
  if (xs.length === 0) return { value: f(), gradients: [] };
  const { value, grads } = tf.engine().gradients(() => f(...xs), xs, undefined, true);
  return { value, gradients: xs.map((x, i) => grads[i] ?? tf.zerosLike(x)) };
}
