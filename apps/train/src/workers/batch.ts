import * as tf from '@tensorflow/tfjs-core';
import { type InputTensors, inputTensors } from '@unroll/model/batch/inputs.ts';
import { readWindows, type Sequences, targetOf, type Window } from '../data/sequences.ts';
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

/** @param per whether outputs and targets belong to samples or to steps. Windows have targets at their steps. */
export function batchTensors(sequences: Sequences, rows: Rows, per: 'sample' | 'step'): BatchTensors {
  const starts = 'samples' in rows ? Float64Array.from(rows.samples, (s) => sequences.starts[s] as number) : rows.starts;
  const lengths = 'samples' in rows ? Int32Array.from(rows.samples, (s) => sequences.lengths[s] as number) : rows.lengths;
  const windows = readWindows(sequences, starts, lengths);
  const { inputs, mask } = inputTensors(
    windows.map(({ inputs: values }, b) => ({ values, steps: lengths[b] as number })),
    sequences.features,
  );
  if (per === 'sample' && 'samples' in rows) {
    return { inputs, mask, targets: sampleTargets(sequences, rows.samples), count: rows.samples.length };
  }
  return { inputs, mask, ...stepTargets(windows, { steps: inputs.shape[1], targetWidth: sequences.targetWidth }) };
}

function sampleTargets(sequences: Sequences, samples: Int32Array): tf.Tensor2D {
  const { targetWidth } = sequences;
  const values = new Float32Array(samples.length * targetWidth);
  for (const [i, sample] of samples.entries()) values.set(targetOf(sequences, sample), i * targetWidth);
  return tf.tensor2d(values, [samples.length, targetWidth]);
}

/** @param steps the T of the batch. */
function stepTargets(windows: readonly Window[], { steps, targetWidth }: { steps: number; targetWidth: number }) {
  const N = windows.length * steps;
  const values = new Float32Array(N * targetWidth);
  const counted = new Float32Array(N);
  let count = 0;
  for (const [b, { targets }] of windows.entries()) {
    for (let from = 0, row = b * steps; from < targets.length; from += targetWidth, row++) {
      if (Number.isNaN(targets[from])) continue;
      values.set(targets.subarray(from, from + targetWidth), row * targetWidth);
      counted[row] = 1;
      count++;
    }
  }
  return { targets: tf.tensor2d(values, [N, targetWidth]), counted: count < N ? tf.tensor1d(counted) : undefined, count };
}
