import type { Random } from '@unroll/model/random.ts';

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

export interface StreamPlan {
  /** The stretch of steps to read. */
  start: number;
  length: number;
  /** Streams that the stretch is cut into: the rows of a batch. */
  streams: number;
  bpttSteps: number;
  shards: number;
  /** The first of the two halves of state memory to use. */
  half?: number;
}

/**
 * Truncated BPTT (Williams & Peng, 1990): the stretch is cut into streams side by side; batch k is window k of every stream and
 * starts from the state that window k-1 left. Only the first starts from zeros.
 */
export function* planStreams({ start, length, streams, bpttSteps, shards, half = 0 }: StreamPlan): Generator<WindowRows[]> {
  const perStream = Math.ceil(length / streams);
  const rows = cutIntoShards(
    Int32Array.from({ length: streams }, (_, i) => i),
    shards,
  );
  for (let at = 0, window = 0; at < perStream; at += bpttSteps, window++) {
    yield rows.map((part) => {
      const first = part[0] as number;
      const starts = Int32Array.from(part, (row) => start + row * perStream + at);
      const lengths = Int32Array.from(part, (row) => {
        const left = Math.min(perStream, length - row * perStream) - at;
        return Math.max(0, Math.min(bpttSteps, left));
      });
      const from = window === 0 ? undefined : half + ((window - 1) % 2);
      return { starts, lengths, state: { row: first, from, to: half + (window % 2) } };
    });
  }
}

/** Batches that planStreams gives. */
export const countWindows = ({ length, streams, bpttSteps }: Pick<StreamPlan, 'length' | 'streams' | 'bpttSteps'>) =>
  Math.ceil(Math.ceil(length / streams) / bpttSteps);

/** Consecutive parts whose sizes differ by one at most; never an empty one. */
export function cutIntoShards(samples: Int32Array, shards: number): Int32Array[] {
  const count = Math.min(shards, samples.length);
  return Array.from({ length: count }, (_, i) =>
    samples.slice(Math.floor((i * samples.length) / count), Math.floor(((i + 1) * samples.length) / count)),
  );
}
