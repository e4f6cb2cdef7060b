import { readTokens, type TokenFile } from '@unroll/datasets/token-file.ts';

/** Encoded data that every worker reads. Sample i has `lengths[i]` steps from step `starts[i]`. */
export type Sequences = ArraySequences | FileSequences;

/** The steps of one input. Sample i has `lengths[i]` of them from step `starts[i]`. */
export interface InputArrays {
  /** One id, or one row of `features` floats, per step. Samples may overlap. */
  readonly inputs: Int32Array | Float32Array;
  /** Floats per step; 0 for ids. */
  readonly features: number;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
}

/** Arrays in shared memory, written once. Their own steps are those of the model's first input. */
export interface ArraySequences extends InputArrays {
  /** The model's other inputs, by name. */
  readonly others?: Readonly<Record<string, InputArrays>>;
  /** The input whose steps have targets, if it is another one. */
  readonly targetsAt?: string;
  /** `targetWidth` floats per sample, or per step of an input. A row that begins with NaN is not scored. Or labels of whole sequences. */
  readonly targets: Float32Array;
  readonly targetsOf: 'sample' | 'step' | 'sequence';
  readonly targetWidth: number;
  /** The labels of a sample: `targetLengths[i]` of them from `targetStarts[i]`, if targets are of whole sequences. */
  readonly targetStarts?: Int32Array;
  readonly targetLengths?: Int32Array;
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

/** The input whose steps have targets: its starts and lengths are those of its own steps. */
export function targetInput(sequences: Sequences): Pick<Sequences, 'starts' | 'lengths'> {
  const { targetsAt, others } = sequences as ArraySequences;
  return targetsAt === undefined ? sequences : (others?.[targetsAt] as InputArrays);
}

/** Steps of a sample in all inputs together. */
export function stepsOf(sequences: Sequences, sample: number): number {
  const others = 'file' in sequences ? [] : Object.values(sequences.others ?? {});
  return others.reduce((sum, { lengths }) => sum + (lengths[sample] as number), sequences.lengths[sample] as number);
}

/** The ids of the steps from `from` to before `to`. */
export function readIds(sequences: Sequences, from: number, to: number): Int32Array {
  if ('file' in sequences) return readTokens(sequences.file, [{ start: from, length: to - from }])[0] as Int32Array;
  return sequences.inputs.subarray(from, to) as Int32Array;
}

/** The target of a whole sample, or of its last step. */
export function targetOf(sequences: Sequences, sample: number): Float32Array {
  if (!('file' in sequences) && sequences.targetsOf === 'sequence') return labelsOf(sequences, sample);
  const end = (sequences.starts[sample] as number) + (sequences.lengths[sample] as number);
  if ('file' in sequences) return Float32Array.from(readIds(sequences, end, end + 1));
  const { targets, targetsOf, targetWidth } = sequences;
  const row = targetsOf === 'sample' ? sample : end - 1;
  return targets.subarray(row * targetWidth, (row + 1) * targetWidth);
}

/** The labels of a sample whose target is a whole sequence. */
export function labelsOf({ targets, targetStarts, targetLengths }: ArraySequences, sample: number): Float32Array {
  const start = targetStarts?.[sample] as number;
  return targets.subarray(start, start + (targetLengths?.[sample] as number));
}

/** All targets of a sample: of its steps one after the other, or its labels. */
export function targetsOf(sequences: ArraySequences, sample: number): Float32Array {
  if (sequences.targetsOf === 'sequence') return labelsOf(sequences, sample);
  if (sequences.targetsOf === 'sample') return targetOf(sequences, sample);
  const { starts, lengths } = targetInput(sequences);
  const start = starts[sample] as number;
  return sequences.targets.subarray(start * sequences.targetWidth, (start + (lengths[sample] as number)) * sequences.targetWidth);
}

/** How many rows of a sample are scored: one, or one for each step with a target. */
export function countRows(sequences: Sequences, sample: number, per: 'sample' | 'step' | 'sequence'): number {
  if (per !== 'step') return 1;
  const { starts, lengths } = targetInput(sequences);
  return countScoredSteps(sequences, starts[sample] as number, lengths[sample] as number);
}

/** How many of the `length` steps from `start` have a target. */
export function countScoredSteps(sequences: Sequences, start: number, length: number): number {
  if ('file' in sequences) return length;
  const { targets, targetWidth } = sequences;
  let count = 0;
  for (let t = start; t < start + length; t++) if (!Number.isNaN(targets[t * targetWidth])) count++;
  return count;
}
