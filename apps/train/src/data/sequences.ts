import { readTokens, type TokenFile } from '@unroll/datasets/token-file.ts';

/** Encoded data that every worker reads. Sample i has `lengths[i]` steps from step `starts[i]`. */
export type Sequences = ArraySequences | FileSequences;

/** Arrays in shared memory, written once. */
export interface ArraySequences {
  /** One id, or one row of `features` floats, per step. Samples may overlap. */
  readonly inputs: Int32Array | Float32Array;
  /** Floats per step; 0 for ids. */
  readonly features: number;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  /** `targetWidth` floats per sample, or per step of `inputs`. A row that begins with NaN is not scored. */
  readonly targets: Float32Array;
  readonly targetsOf: 'sample' | 'step';
  readonly targetWidth: number;
  /** Targets are probabilities of classes, not their indices. */
  readonly soft?: boolean;
}

/** A corpus in a file. Each worker reads the windows of its shard. The target of a step is the next token. */
export interface FileSequences {
  readonly file: TokenFile;
  readonly features: 0;
  readonly starts: Float64Array;
  readonly lengths: Float64Array;
  readonly targetsOf: 'step';
  readonly targetWidth: 1;
  readonly soft?: false;
}

const shared = (length: number) => new SharedArrayBuffer(length * 4);
export const sharedFloats = (length: number) => new Float32Array(shared(length));
export const sharedInts = (length: number) => new Int32Array(shared(length));

/** A copy in shared memory, or the array itself if it is already shared. */
export function toShared<A extends Int32Array | Float32Array>(array: A): A {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const copy = (array instanceof Int32Array ? sharedInts(array.length) : sharedFloats(array.length)) as A;
  copy.set(array);
  return copy;
}

/** The start of each sequence when they are stored end to end. */
export function startsOf(lengths: Int32Array): Int32Array {
  const starts = sharedInts(lengths.length);
  for (let i = 1; i < lengths.length; i++) starts[i] = (starts[i - 1] as number) + (lengths[i - 1] as number);
  return starts;
}

/** Some steps with their targets. */
export interface Window {
  /** Ids [steps], or features [steps, features]. */
  inputs: Int32Array | Float32Array;
  /** [steps, targetWidth]; empty if targets belong to samples. */
  targets: Int32Array | Float32Array;
}

/** The windows of `lengths[i]` steps from step `starts[i]`: views of arrays in memory, or copies from the file. */
export function readWindows(sequences: Sequences, starts: ArrayLike<number>, lengths: ArrayLike<number>): Window[] {
  const places = Array.from(starts, (start, i) => ({ start, length: lengths[i] as number }));
  if ('file' in sequences) {
    const withNext = places.map(({ start, length }) => ({ start, length: length + Number(length > 0) }));
    return readTokens(sequences.file, withNext).map((ids) => ({ inputs: ids.subarray(0, -1), targets: ids.subarray(1) }));
  }
  const { inputs, features, targets, targetsOf, targetWidth } = sequences;
  const width = Math.max(1, features);
  const targetsPerStep = targetsOf === 'step' ? targetWidth : 0;
  return places.map(({ start, length }) => ({
    inputs: inputs.subarray(start * width, (start + length) * width),
    targets: targets.subarray(start * targetsPerStep, (start + length) * targetsPerStep),
  }));
}

/** The ids of the steps from `from` to before `to`. */
export function readIds(sequences: Sequences, from: number, to: number): Int32Array {
  if ('file' in sequences) return readTokens(sequences.file, [{ start: from, length: to - from }])[0] as Int32Array;
  return sequences.inputs.subarray(from, to) as Int32Array;
}

/** The target of a whole sample, or of its last step. */
export function targetOf(sequences: Sequences, sample: number): Float32Array {
  const end = (sequences.starts[sample] as number) + (sequences.lengths[sample] as number);
  if ('file' in sequences) return Float32Array.from(readIds(sequences, end, end + 1));
  const { targets, targetsOf, targetWidth } = sequences;
  const row = targetsOf === 'sample' ? sample : end - 1;
  return targets.subarray(row * targetWidth, (row + 1) * targetWidth);
}

/** How many rows of a sample are scored: one, or one for each step with a target. */
export function countRows(sequences: Sequences, sample: number, per: 'sample' | 'step'): number {
  return per === 'sample' ? 1 : countScoredSteps(sequences, sequences.starts[sample] as number, sequences.lengths[sample] as number);
}

/** How many of the `length` steps from `start` have a target. */
export function countScoredSteps(sequences: Sequences, start: number, length: number): number {
  if ('file' in sequences) return length;
  const { targets, targetWidth } = sequences;
  let count = 0;
  for (let t = start; t < start + length; t++) if (!Number.isNaN(targets[t * targetWidth])) count++;
  return count;
}
