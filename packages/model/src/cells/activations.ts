import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';

/** Keras' activations by name. */
export const activationName = v.picklist(['linear', 'relu', 'elu', 'tanh', 'sigmoid', 'softmax']);
export type ActivationName = v.InferOutput<typeof activationName>;

/** Activations are elementwise; softmax runs along the last axis. */
export const activations: Record<ActivationName, <T extends tf.Tensor>(x: T) => T> = {
  linear: (x) => x,
  relu: tf.relu,
  elu: tf.elu,
  tanh: tf.tanh,
  sigmoid: tf.sigmoid,
  softmax: tf.softmax,
};
