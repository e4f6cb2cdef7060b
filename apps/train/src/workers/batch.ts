import * as tf from '@tensorflow/tfjs-core';
import { type Sequences, targetRow } from '../data/sequences.ts';
import type { Rows } from '../plan/rows.ts';

/** A shard's rows as tensors. */
export interface BatchTensors {
  /** ids [B, T], or features [B, T, D]. */
  inputs: tf.Tensor2D | tf.Tensor3D;
  /** bool [B, T] of features of several lengths; ids carry their padding themselves. */
  mask?: tf.Tensor2D | undefined;
  /** [N, targetWidth]: a row a sample, or B·T of them. */
  targets: tf.Tensor2D;
  /** [N]: 1 for a scored row; 0 for a padded step or one without a target. Undefined if all rows are scored. */
  counted?: tf.Tensor1D | undefined;
  /** Scored rows. */
  count: number;
}

/** @param per whether outputs, and so targets, belong to samples or to steps. */
export function batchTensors(sequences: Sequences, rows: Rows, per: 'sample' | 'step'): BatchTensors {
  const starts = 'samples' in rows ? Int32Array.from(rows.samples, (s) => sequences.starts[s] as number) : rows.starts;
  const lengths = 'samples' in rows ? Int32Array.from(rows.samples, (s) => sequences.lengths[s] as number) : rows.lengths;
  const steps = lengths.reduce((longest, length) => Math.max(longest, length), 1);
  const ragged = lengths.some((length) => length !== steps);
  const inputs = inputTensor(sequences, starts, lengths, steps);
  const mask = ragged && sequences.features > 0 ? tf.tensor2d(realSteps(lengths, steps), [lengths.length, steps], 'bool') : undefined;
  if (per === 'sample') {
    const targetRows = 'samples' in rows ? Int32Array.from(rows.samples, (s) => targetRow(sequences, s)) : starts;
    return { inputs, mask, targets: targetTensor(sequences, targetRows), count: targetRows.length };
  }
  return { inputs, mask, ...stepTargets(sequences, starts, lengths, steps) };
}

function inputTensor({ inputs, features }: Sequences, starts: Int32Array, lengths: Int32Array, steps: number) {
  const width = Math.max(1, features);
  const size = starts.length * steps * width;
  const values = inputs instanceof Int32Array ? new Int32Array(size) : new Float32Array(size);
  for (let b = 0; b < starts.length; b++) {
    const first = (starts[b] as number) * width;
    values.set(inputs.subarray(first, first + (lengths[b] as number) * width), b * steps * width);
  }
  return features === 0 ? tf.tensor2d(values, [starts.length, steps], 'int32') : tf.tensor3d(values, [starts.length, steps, features]);
}

function realSteps(lengths: Int32Array, steps: number): Uint8Array {
  const real = new Uint8Array(lengths.length * steps);
  for (const [b, length] of lengths.entries()) real.fill(1, b * steps, b * steps + length);
  return real;
}

function targetTensor({ targets, targetWidth }: Sequences, rows: Int32Array): tf.Tensor2D {
  const values = new Float32Array(rows.length * targetWidth);
  for (const [i, row] of rows.entries()) values.set(targets.subarray(row * targetWidth, (row + 1) * targetWidth), i * targetWidth);
  return tf.tensor2d(values, [rows.length, targetWidth]);
}

function stepTargets({ targets, targetWidth }: Sequences, starts: Int32Array, lengths: Int32Array, steps: number) {
  const N = starts.length * steps;
  const values = new Float32Array(N * targetWidth);
  const counted = new Float32Array(N);
  let count = 0;
  for (let b = 0; b < starts.length; b++) {
    for (let t = 0; t < (lengths[b] as number); t++) {
      const from = ((starts[b] as number) + t) * targetWidth;
      if (Number.isNaN(targets[from])) continue;
      const row = b * steps + t;
      values.set(targets.subarray(from, from + targetWidth), row * targetWidth);
      counted[row] = 1;
      count++;
    }
  }
  return { targets: tf.tensor2d(values, [N, targetWidth]), counted: count < N ? tf.tensor1d(counted) : undefined, count };
}
