/** Whole samples. */
export interface SampleRows {
  samples: Int32Array;
}

/** A window of some streams, with the state that goes into and comes out of it. */
export interface WindowRows {
  /** Where in the inputs each row's window begins. */
  starts: Int32Array;
  lengths: Int32Array;
  /** The first of this shard's rows in the state memory, which half to read (none: zeros) and which to write. */
  state: { row: number; from?: number | undefined; to: number };
}

/** What one task of a worker computes: a shard of a batch. */
export type Rows = SampleRows | WindowRows;

/** The shards of one batch, in the order in which their gradients are summed. */
export type Batch = readonly Rows[];

/** Consecutive parts whose sizes differ by one at most; never an empty one. */
export function cutIntoShards(samples: Int32Array, shards: number): Int32Array[] {
  const count = Math.min(shards, samples.length);
  return Array.from({ length: count }, (_, i) =>
    samples.slice(Math.floor((i * samples.length) / count), Math.floor(((i + 1) * samples.length) / count)),
  );
}

/** Halves of state memory that training uses, and those that scoring uses. */
export const TRAINING_STATES = 0;

export const SCORING_STATES = 2;
