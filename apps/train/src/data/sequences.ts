/** Encoded data in shared memory, written once and read by every worker. Sample i has `lengths[i]` steps from step `starts[i]`. */
export interface Sequences {
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

/** The row of `targets` for a whole sample. */
export function targetRow({ targetsOf, starts, lengths }: Sequences, sample: number): number {
  return targetsOf === 'sample' ? sample : (starts[sample] as number) + (lengths[sample] as number) - 1;
}

/** A view of a sample's target. */
export function targetOf(sequences: Sequences, sample: number): Float32Array {
  const { targets, targetWidth } = sequences;
  const row = targetRow(sequences, sample);
  return targets.subarray(row * targetWidth, (row + 1) * targetWidth);
}

/** How many rows of a sample are scored: one, or one for each step with a target. */
export function countRows(sequences: Sequences, sample: number, per: 'sample' | 'step'): number {
  return per === 'sample' ? 1 : countScoredSteps(sequences, sequences.starts[sample] as number, sequences.lengths[sample] as number);
}

/** How many of the `length` steps from `start` have a target. */
export function countScoredSteps({ targets, targetWidth }: Sequences, start: number, length: number): number {
  let count = 0;
  for (let t = start; t < start + length; t++) if (!Number.isNaN(targets[t * targetWidth])) count++;
  return count;
}
