import type { Random } from '@unroll/model/random.ts';
import type { Batch } from './rows.ts';
import { cutIntoShards } from './rows.ts';

export interface SamplePlan {
  globalBatchSize: number;
  shards: number;
  /** Length of a sample, so that a batch holds samples of about one length and little padding. */
  lengthOf: (sample: number) => number;
}

/** Batches whose samples are sorted by length together; wider buckets pad less and mix less. */
const BATCHES_PER_BUCKET = 8;

/**
 * Shares an epoch's samples out: shuffled, sorted by length within buckets, cut into batches in random order, each cut into shards.
 * A pure function of the samples, the options and the random stream; workers do not enter into it. Lazy: a bucket at a time.
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

/** Batches that planSamples gives. */
export const countBatches = (samples: number, globalBatchSize: number) => Math.ceil(samples / globalBatchSize);
