import { createRandom } from '@unroll/model/random.ts';
import type { Prepared } from '../data/prepare.ts';
import { epochSamples } from '../data/prepared-data.ts';
import { countRows, countScoredSteps, stepsOf } from '../data/sequences.ts';
import type { Batch, Rows } from './rows.ts';
import { countBatches, planSamples } from './samples.ts';
import { countWindows, planStreams } from './streams.ts';

/** One step of the optimizer: batches whose gradients are summed. */
export interface StepPlan {
  batches: readonly Batch[];
  /** Scored rows of all batches; the loss is their mean. With 0 the step changes no parameter. */
  rows: number;
  /** The number of samples or windows in all batches. */
  sequences: number;
}

/** The steps of an epoch after the first `done`. Lazy: a step is planned when the caller asks for it. */
export function* planEpoch(prepared: Prepared, epoch: number, done = 0): Generator<StepPlan, undefined> {
  const { accumulate } = prepared.recipe.training;
  let group: Batch[] = [];
  let count = 0;
  const complete = () => {
    const step = ++count > done ? stepOf(prepared, group) : undefined;
    group = [];
    return step;
  };
  for (const batch of batchesOf(prepared, epoch)) {
    group.push(batch);
    const step = group.length === accumulate && complete();
    if (step) yield step;
  }
  const last = group.length > 0 && complete();
  if (last) yield last;
}

/** The number of steps that planEpoch gives. */
export function countSteps({ recipe, data, sequences }: Prepared): number {
  const { globalBatchSize, bpttSteps, accumulate } = recipe.training;
  const train = epochSamples(data);
  const windows = (sample: number) =>
    countWindows({ ...streamOf(sequences.lengths[sample] as number, globalBatchSize), bpttSteps: bpttSteps ?? 1 });
  const batches =
    bpttSteps === undefined ? countBatches(train.length, globalBatchSize) : train.reduce((sum, sample) => sum + windows(sample), 0);
  return Math.ceil(batches / accumulate);
}

function* batchesOf({ recipe, seed, data, sequences }: Prepared, epoch: number): Generator<Batch> {
  const { globalBatchSize, shards, bpttSteps } = recipe.training;
  const random = createRandom(seed, 'plan', epoch);
  const { lengths, starts } = sequences;
  if (bpttSteps === undefined) {
    yield* planSamples(epochSamples(data), { globalBatchSize, shards, lengthOf: (sample) => stepsOf(sequences, sample) }, random);
    return;
  }
  for (const sample of data.split.train) {
    const { length, streams } = streamOf(lengths[sample] as number, globalBatchSize);
    yield* planStreams({ start: starts[sample] as number, length, streams, bpttSteps, shards });
  }
}

/** Cuts a long sample into streams side by side, at most one per step. */
const streamOf = (length: number, globalBatchSize: number) => ({ length, streams: Math.min(globalBatchSize, length) });

function stepOf({ task, sequences }: Prepared, batches: Batch[]): StepPlan {
  const shards = batches.flat();
  const rowsOf = (shard: Rows) => {
    if ('samples' in shard) return shard.samples.reduce((sum, sample) => sum + countRows(sequences, sample, task.targets), 0);
    return shard.starts.reduce((sum, start, i) => sum + countScoredSteps(sequences, start, shard.lengths[i] as number), 0);
  };
  const widthOf = (shard: Rows) => ('samples' in shard ? shard.samples : shard.starts).length;
  const total = (of: (shard: Rows) => number) => shards.reduce((sum, shard) => sum + of(shard), 0);
  return { batches, rows: total(rowsOf), sequences: total(widthOf) };
}
