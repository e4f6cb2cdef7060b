import type { Random } from '@unroll/model/random.ts';
import type { Batch } from './rows.ts';
import { cutIntoShards } from './rows.ts';

export interface SamplePlan {
  globalBatchSize: number;
  shards: number;
  /** The length of a sample. A batch holds samples of similar length, so it needs little padding. */
  lengthOf: (sample: number) => number;
}

/** How many batches' samples are sorted by length together. Wider buckets pad less and mix less. */
const BATCHES_PER_BUCKET = 8;

/**
 * Cuts an epoch's samples into batches of shards: shuffled, sorted by length within buckets, cut into batches in random order. A pure
 * function of the samples, the options and the random stream; the number of workers does not matter. Lazy: one bucket at a time.
 */
export function* planSamples(samples: Int32Array, { globalBatchSize, shards, lengthOf }: SamplePlan, random: Random): Generator<Batch> {
  const order = random.permutation(samples.length);
  const bucketSize = globalBatchSize * BATCHES_PER_BUCKET;
  for (let start = 0; start < order.length; start += bucketSize) {
    const bucket = Int32Array.from(order.subarray(start, start + bucketSize), (i) => samples[i] as number);
    bucket.sort((a, b) => lengthOf(a) - lengthOf(b));
    const batches = Math.ceil(bucket.length / globalBatchSize);
    for (const batch of random.permutation(batches)) {
      const first = batch * globalBatchSize;
      yield cutIntoShards(bucket.slice(first, first + globalBatchSize), shards).map((part) => ({ samples: part }));
    }
  }
}

/** The number of batches that planSamples gives. */
export const countBatches = (samples: number, globalBatchSize: number) => Math.ceil(samples / globalBatchSize);
