/** Whole samples. */
export interface SampleRows {
  samples: Int32Array;
}

/** A window of several streams, with the state before and after it. */
export interface WindowRows {
  /** The step of the inputs at which each row's window begins. A long corpus has more than 2³¹ steps. */
  starts: Float64Array;
  lengths: Int32Array;
  /** The state memory's row of this shard's first row, the half to read (none: start from zeros) and the half to write. */
  state: { row: number; from?: number | undefined; to: number };
}

/** The input of one worker job: a shard of a batch. */
export type Rows = SampleRows | WindowRows;

/** The shards of one batch, in the order of summation of their gradients. */
export type Batch = readonly Rows[];

/** Cuts into consecutive parts that differ in size by at most one; no part is empty. */
export function cutIntoShards(samples: Int32Array, shards: number): Int32Array[] {
  const count = Math.min(shards, samples.length);
  return Array.from({ length: count }, (_, i) =>
    samples.slice(Math.floor((i * samples.length) / count), Math.floor(((i + 1) * samples.length) / count)),
  );
}

/** The halves of state memory for training and for scoring. */
export const TRAINING_STATES = 0;

export const SCORING_STATES = 2;
