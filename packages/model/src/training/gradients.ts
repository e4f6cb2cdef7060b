import * as tf from '@tensorflow/tfjs-core';

/**
 * The value of f at xs, and its gradient by each of them: zeros by an x that does not reach the value.
 * (tf.valueAndGrads throws there: the weights of a layer that sees padded steps only, or frozen ones, have no gradient for it.)
 * Call inside tf.tidy.
 */
export function valueAndGradients(f: (...xs: tf.Tensor[]) => tf.Scalar, xs: tf.Tensor[]): { value: tf.Scalar; gradients: tf.Tensor[] } {
  if (xs.length === 0) return { value: f(), gradients: [] };
  const { value, grads } = tf.engine().gradients(() => f(...xs), xs, undefined, true);
  return { value, gradients: xs.map((x, i) => grads[i] ?? tf.zerosLike(x)) };
}
