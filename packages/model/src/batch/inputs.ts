import * as tf from '@tensorflow/tfjs-core';

/** One sequence: ids [steps], or features [steps, D]. */
export interface InputRow {
  values: ArrayLike<number>;
  steps: number;
}

export interface InputTensors {
  /** ids int32 [B, T], or features float32 [B, T, D]. T is at least 1. */
  inputs: tf.Tensor2D | tf.Tensor3D;
  /** bool [B, T], false at padded steps. Undefined for ids, whose padding is id 0, and for rows of one length. */
  mask?: tf.Tensor2D | undefined;
}

/**
 * Sequences as one batch, padded with zeros at their end.
 * @param features D; 0 for ids.
 */
export function inputTensors(rows: readonly InputRow[], features: number): InputTensors {
  const B = rows.length;
  const T = rows.reduce((longest, { steps }) => Math.max(longest, steps), 1);
  const width = Math.max(1, features);
  const data = features === 0 ? new Int32Array(B * T) : new Float32Array(B * T * width);
  for (const [b, { values }] of rows.entries()) data.set(values, b * T * width);
  if (features === 0) return { inputs: tf.tensor2d(data, [B, T], 'int32') };
  const ragged = rows.some(({ steps }) => steps !== T);
  return { inputs: tf.tensor3d(data, [B, T, features]), mask: ragged ? realSteps(rows, T) : undefined };
}

function realSteps(rows: readonly InputRow[], T: number): tf.Tensor2D {
  const real = new Uint8Array(rows.length * T);
  for (const [b, { steps }] of rows.entries()) real.fill(1, b * T, b * T + steps);
  return tf.tensor2d(real, [rows.length, T], 'bool');
}
