import type { Random } from '@unroll/model/random.ts';

/** One optimizer step: the sample indices of each shard. */
export type Step = readonly Int32Array[];

export interface PlanOptions {
  globalBatchSize: number;
  shards: number;
  /** Length of a sample, so that a batch holds samples of about one length and little padding. */
  lengthOf: (sample: number) => number;
}

/** Steps whose samples are sorted by length together; wider buckets pad less and mix less. */
const STEPS_PER_BUCKET = 8;

/**
 * Shares an epoch's samples out: shuffled, sorted by length within buckets, cut into steps in random order, each step
 * cut into shards. A pure function of the samples, the options and the random stream; workers do not enter into it.
 */
export function planEpoch(samples: Int32Array, { globalBatchSize, shards, lengthOf }: PlanOptions, random: Random): Step[] {
  const shuffled = Int32Array.from(random.permutation(samples.length), (i) => samples[i] as number);
  const steps: Step[] = [];
  const bucketSize = globalBatchSize * STEPS_PER_BUCKET;
  for (let start = 0; start < shuffled.length; start += bucketSize) {
    const bucket = shuffled.slice(start, start + bucketSize).sort((a, b) => lengthOf(a) - lengthOf(b));
    for (let at = 0; at < bucket.length; at += globalBatchSize) {
      steps.push(cutIntoShards(bucket.slice(at, at + globalBatchSize), shards));
    }
  }
  return Array.from(random.permutation(steps.length), (i) => steps[i] as Step);
}

/** Consecutive parts whose sizes differ by one at most; never an empty one. */
export function cutIntoShards(samples: Int32Array, shards: number): Step {
  const count = Math.min(shards, samples.length);
  return Array.from({ length: count }, (_, i) =>
    samples.slice(Math.floor((i * samples.length) / count), Math.floor(((i + 1) * samples.length) / count)),
  );
}
