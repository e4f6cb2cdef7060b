import * as tf from '@tensorflow/tfjs-core';
import { type InputRow, type InputTensors, inputTensors } from '@unroll/model/batch/inputs.ts';
import { type Sequences, targetRow } from '../data/sequences.ts';
import type { Rows } from '../plan/rows.ts';

/** A shard's rows as tensors. */
export interface BatchTensors extends InputTensors {
  /** [N, targetWidth]; N is the number of samples, or B·T. */
  targets: tf.Tensor2D;
  /** [N]: 1 for a scored row; 0 for a padded step or one without a target. Undefined if all rows are scored. */
  counted?: tf.Tensor1D | undefined;
  /** Scored rows. */
  count: number;
}

/** @param per whether outputs and targets belong to samples or to steps. */
export function batchTensors(sequences: Sequences, rows: Rows, per: 'sample' | 'step'): BatchTensors {
  const starts = 'samples' in rows ? Float64Array.from(rows.samples, (s) => sequences.starts[s] as number) : rows.starts;
  const lengths = 'samples' in rows ? Int32Array.from(rows.samples, (s) => sequences.lengths[s] as number) : rows.lengths;
  const { inputs, mask } = inputTensors(inputRows(sequences, starts, lengths), sequences.features);
  if (per === 'sample') {
    const targetRows = 'samples' in rows ? Float64Array.from(rows.samples, (s) => targetRow(sequences, s)) : starts;
    return { inputs, mask, targets: targetTensor(sequences, targetRows), count: targetRows.length };
  }
  return { inputs, mask, ...stepTargets(sequences, { starts, lengths, steps: inputs.shape[1] }) };
}

function inputRows({ inputs, features }: Sequences, starts: Float64Array, lengths: Int32Array): InputRow[] {
  const width = Math.max(1, features);
  return Array.from(starts, (start, b) => {
    const steps = lengths[b] as number;
    return { values: inputs.subarray(start * width, (start + steps) * width), steps };
  });
}

function targetTensor({ targets, targetWidth }: Sequences, rows: Float64Array): tf.Tensor2D {
  const values = new Float32Array(rows.length * targetWidth);
  for (const [i, row] of rows.entries()) values.set(targets.subarray(row * targetWidth, (row + 1) * targetWidth), i * targetWidth);
  return tf.tensor2d(values, [rows.length, targetWidth]);
}

interface Windows {
  starts: Float64Array;
  lengths: Int32Array;
  /** The T of the batch. */
  steps: number;
}

function stepTargets({ targets, targetWidth }: Sequences, { starts, lengths, steps }: Windows) {
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
