import * as tf from '@tensorflow/tfjs-core';
import { inputTensors } from '@unroll/model/batch/inputs.ts';
import type { Model } from '@unroll/model/model.ts';
import type { BatchTargets } from '@unroll/model/tasks/batch-scoring.ts';
import {
  type ArraySequences,
  type InputArrays,
  labelsOf,
  readWindows,
  type Sequences,
  targetInput,
  targetOf,
  type Window,
} from '../data/sequences.ts';
import type { Rows, SampleRows } from '../plan/rows.ts';

/** A shard's rows as tensors. */
export interface BatchTensors {
  /** Each of the model's inputs by its name, with its mask. */
  inputs: Record<string, { values: tf.Tensor; mask?: tf.Tensor2D | undefined }>;
  targets: BatchTargets;
  /** Scored rows. */
  count: number;
}

/** @param per what a target belongs to, as the model's task has it. Windows have targets at their steps. */
export function batchTensors(
  sequences: Sequences,
  rows: Rows,
  { model, per }: { model: Pick<Model, 'inputs'>; per: 'sample' | 'step' | 'sequence' },
): BatchTensors {
  const [first] = Object.keys(model.inputs) as [string];
  const { windows, ...read } = readInput(sequences, rows);
  const inputs = { [first]: read };
  if ('samples' in rows && !('file' in sequences)) {
    for (const [name, arrays] of Object.entries(sequences.others ?? {})) inputs[name] = readOther(arrays, rows);
  }
  if ('samples' in rows && per !== 'step') {
    const targets = per === 'sample' ? sampleTargets(sequences, rows.samples) : labels(sequences as ArraySequences, rows.samples);
    return { inputs, targets, count: rows.samples.length };
  }
  const { targetsAt, targetWidth } = sequences as ArraySequences;
  const at = targetsAt === undefined ? windows : targetWindows(sequences as ArraySequences, rows as SampleRows);
  const steps = inputs[targetsAt ?? first]?.values.shape[1] as number;
  return { inputs, ...stepTargets(at, { steps, targetWidth }) };
}

/** The first input of some samples, or of windows. */
function readInput(sequences: Sequences, rows: Rows) {
  const starts = 'samples' in rows ? Float64Array.from(rows.samples, (s) => sequences.starts[s] as number) : rows.starts;
  const lengths = 'samples' in rows ? Int32Array.from(rows.samples, (s) => sequences.lengths[s] as number) : rows.lengths;
  const windows = readWindows(sequences, starts, lengths);
  const { inputs: values, mask } = inputTensors(
    windows.map(({ inputs }, b) => ({ values: inputs, steps: lengths[b] as number })),
    sequences.features,
  );
  return { values: values as tf.Tensor, mask, windows };
}

function readOther({ inputs, features, starts, lengths }: InputArrays, { samples }: SampleRows) {
  const width = Math.max(1, features);
  const rows = Array.from(samples, (sample) => {
    const [start, steps] = [starts[sample] as number, lengths[sample] as number];
    return { values: inputs.subarray(start * width, (start + steps) * width), steps };
  });
  const { inputs: values, mask } = inputTensors(rows, features);
  return { values: values as tf.Tensor, mask };
}

function sampleTargets(sequences: Sequences, samples: Int32Array): BatchTargets {
  const { targetWidth } = sequences;
  const values = new Float32Array(samples.length * targetWidth);
  for (const [i, sample] of samples.entries()) values.set(targetOf(sequences, sample), i * targetWidth);
  return { values: tf.tensor2d(values, [samples.length, targetWidth]) };
}

/** The labels of each sample, padded with zeros at the end. */
function labels(sequences: ArraySequences, samples: Int32Array): BatchTargets {
  const rows = Array.from(samples, (sample) => labelsOf(sequences, sample));
  const lengths = Int32Array.from(rows, ({ length }) => length);
  const longest = Math.max(1, ...lengths);
  const values = new Int32Array(rows.length * longest);
  for (const [b, row] of rows.entries()) values.set(row, b * longest);
  return { values: tf.tensor2d(values, [rows.length, longest], 'int32'), lengths };
}

/** The targets at the steps of an input that is not the first. */
function targetWindows(sequences: ArraySequences, { samples }: SampleRows) {
  const { targets, targetWidth } = sequences;
  const { starts, lengths } = targetInput(sequences);
  return Array.from(samples, (sample) => {
    const start = starts[sample] as number;
    return { targets: targets.subarray(start * targetWidth, (start + (lengths[sample] as number)) * targetWidth) };
  });
}

/** @param steps the T of the batch. */
function stepTargets(windows: readonly Pick<Window, 'targets'>[], { steps, targetWidth }: { steps: number; targetWidth: number }) {
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
  return {
    targets: { values: tf.tensor2d(values, [N, targetWidth]), counted: count < N ? tf.tensor1d(counted) : undefined },
    count,
  };
}
