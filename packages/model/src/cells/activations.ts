import * as tf from '@tensorflow/tfjs-core';
import { finite, positive } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';

/** Keras 3's activations by name. `swish` and `silu` are one. `hardSigmoidKeras2` is the one that Keras 2, TF.js and ONNX call hard sigmoid. */
export const activationName = v.picklist([
  'linear',
  'relu',
  'leakyRelu',
  'elu',
  'selu',
  'gelu',
  'swish',
  'silu',
  'tanh',
  'sigmoid',
  'hardSigmoid',
  'hardSigmoidKeras2',
  'exponential',
  'softplus',
  'softsign',
  'softmax',
]);
export type ActivationName = v.InferOutput<typeof activationName>;

/** An activation with options. */
const activationOptions = v.variant('type', [
  v.strictObject({ type: v.literal('leakyRelu'), negativeSlope: v.optional(v.pipe(finite, v.minValue(0)), 0.2) }),
  v.strictObject({ type: v.literal('elu'), alpha: v.optional(positive, 1) }),
  v.strictObject({
    type: v.literal('gelu'),
    /** By tanh (Hendrycks & Gimpel, 2016, eq. 2) instead of the error function. */
    approximate: v.optional(v.boolean(), false),
  }),
]);

/** A name, or an object with the name as `type` and the activation's options. */
export const activationSpec = v.lazy((input): typeof activationName | typeof activationOptions =>
  typeof input === 'object' && input !== null ? activationOptions : activationName,
);
export type ActivationSpec = v.InferOutput<typeof activationSpec>;

type Activation = <T extends tf.Tensor>(x: T) => T;

/** An activation is elementwise; softmax runs along the last axis. NaN stays NaN. */
export function activationOf(spec: ActivationSpec): Activation {
  if (typeof spec === 'string') return activations[spec];
  switch (spec.type) {
    case 'leakyRelu':
      return leakyRelu(spec.negativeSlope);
    case 'elu':
      return scaledElu(1, spec.alpha);
    case 'gelu':
      return spec.approximate ? geluByTanh : gelu;
  }
}

/** Slopes of the hard sigmoids, slope·x + 0.5 within [0, 1]. */
const hardSlopes = { hardSigmoid: 1 / 6, hardSigmoidKeras2: 0.2 } as const;

/** The gates of a fused cell, as options of its op. Undefined for an activation that the op does not have. */
export function fusedGates(spec: ActivationSpec): { hardSigmoid: number } | undefined {
  if (spec === 'sigmoid') return { hardSigmoid: 0 };
  return spec === 'hardSigmoid' || spec === 'hardSigmoidKeras2' ? { hardSigmoid: hardSlopes[spec] } : undefined;
}

const leakyRelu =
  (slope: number): Activation =>
  (x) =>
    tf.sub(tf.relu(x), tf.mul(slope, tf.relu(tf.mul(x, -1))));

/** scale·x above 0, else scale·α·(eˣ - 1). */
const scaledElu =
  (scale: number, alpha: number): Activation =>
  (x) =>
    tf.mul(scale, tf.add(tf.mul(alpha, tf.elu(x)), tf.mul(1 - alpha, tf.relu(x))));

/** x·Φ(x), Φ the normal distribution (Hendrycks & Gimpel, 2016). */
const gelu: Activation = (x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));

const geluByTanh: Activation = (x) => {
  const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.mul(x, tf.add(1, tf.mul(0.044715, tf.square(x)))));
  return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.tanh(inner)));
};

const swish: Activation = (x) => tf.mul(x, tf.sigmoid(x));

/** tfjs' relu6 and clipByValue turn NaN into a number; relu and minimum do not. */
const hardSigmoid =
  (slope: number): Activation =>
  (x) =>
    tf.minimum(tf.relu(tf.add(tf.mul(slope, x), 0.5)), 1);

/** How many tensors of its input's size an activation makes. */
export function activationTensors(spec: ActivationSpec): number {
  if (typeof spec === 'string') return tensors[spec] ?? 1;
  // With alpha, elu is computed as selu is.
  return spec.type === 'gelu' && spec.approximate ? 9 : (tensors[spec.type === 'elu' ? 'selu' : spec.type] ?? 1);
}

const tensors: Partial<Record<ActivationName, number>> = {
  leakyRelu: 5,
  selu: 6,
  gelu: 5,
  swish: 2,
  silu: 2,
  hardSigmoid: 4,
  hardSigmoidKeras2: 4,
  softsign: 3,
};

/** Defaults are Keras 3's. SELU: Klambauer et al. (2017). */
const activations: Record<ActivationName, Activation> = {
  linear: (x) => x,
  relu: tf.relu,
  leakyRelu: leakyRelu(0.2),
  elu: tf.elu,
  selu: scaledElu(1.0507009873554805, 1.6732632423543772),
  gelu,
  swish,
  silu: swish,
  tanh: tf.tanh,
  sigmoid: tf.sigmoid,
  hardSigmoid: hardSigmoid(hardSlopes.hardSigmoid),
  hardSigmoidKeras2: hardSigmoid(hardSlopes.hardSigmoidKeras2),
  exponential: tf.exp,
  softplus: tf.softplus,
  softsign: (x) => tf.div(x, tf.add(1, tf.abs(x))),
  softmax: tf.softmax,
};
