/** Logarithms of probabilities as tfjs ops can add them up: zero is a finite number, because -Infinity - -Infinity is NaN. */
import * as tf from '@tensorflow/tfjs-core';
import { asConstant } from './differentiable.ts';

/** The logarithm of zero. Sums of some thousand of them are finite in float32. */
export const LOG_ZERO = -1e30;

/** `values`, but -Infinity and what is close becomes LOG_ZERO. NaN stays NaN. */
export function atLeastLogZero<T extends tf.Tensor>(values: T): T {
  return tf.where(
    asConstant(values, (x) => tf.less(x, LOG_ZERO)),
    tf.fill(values.shape, LOG_ZERO),
    values,
  ) as T;
}

/** Whether a sum of logarithms has LOG_ZERO among its terms. */
export const isLogZero = (values: tf.Tensor): tf.Tensor => asConstant(values, (x) => tf.less(x, LOG_ZERO / 2));
