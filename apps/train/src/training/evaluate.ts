import type { Prepared } from '../data/prepare.ts';
import type { Rows, WindowRows } from '../plan/rows.ts';
import { scoringWindows, sortedParts } from '../plan/scoring.ts';
import type { Pool } from '../workers/pool.ts';
import type { JobResults, Moments } from '../workers/protocol.ts';

/** The loss and the task's metrics on some samples. */
export type Scores = { loss: number } & Record<string, number>;
type Sums = JobResults['score'];

export interface Evaluation {
  scores: Scores;
  /** Standard errors of the loss and of the metrics that are means over rows. */
  standardErrors: Record<string, number>;
}

/**
 * Scores the weights in a buffer. With bpttSteps the samples are read as streams with carried state.
 * Sums run in the order of the samples, so they do not depend on the number of workers.
 */
export async function evaluate(pool: Pool, prepared: Prepared, samples: Int32Array, buffer: number): Promise<Evaluation> {
  const score = (rows: Rows) => pool.run('score', { rows, buffer });
  const parts =
    prepared.recipe.training.bpttSteps === undefined
      ? await Promise.all(sortedParts(prepared, samples).map((part) => score({ samples: part })))
      : await scoreStreams(prepared, samples, score);
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const means: Record<string, number> = {};
  const standardErrors: Record<string, number> = {};
  for (const name of Object.keys(parts[0]?.sums ?? {})) {
    const total = (of: keyof Moments) => parts.reduce((sum, part) => sum + (part.sums[name] as Moments)[of], 0);
    const mean = total('sum') / count;
    means[name] = mean;
    standardErrors[name] = Math.sqrt(Math.max(0, total('squares') / count - mean * mean) / count);
  }
  const { loss = Number.NaN, ...rest } = means;
  return { scores: { loss, ...prepared.task.metrics(loss, rest) }, standardErrors };
}

/** Activated outputs of samples, row by row, in the samples' order. */
export async function outputsOf(pool: Pool, prepared: Prepared, samples: Int32Array, buffer: number): Promise<Float32Array> {
  const parts = sortedParts(prepared, samples);
  const results = await Promise.all(parts.map((part) => pool.run('outputs', { samples: part, buffer })));
  const units = (results[0]?.outputs.length ?? 0) / (parts[0]?.length ?? 1);
  const rowOf = new Map(Array.from(samples, (sample, row) => [sample, row]));
  const all = new Float32Array(samples.length * units);
  for (const [p, part] of parts.entries()) {
    const { outputs } = results[p] as { outputs: Float32Array };
    for (const [i, sample] of part.entries()) all.set(outputs.subarray(i * units, (i + 1) * units), (rowOf.get(sample) as number) * units);
  }
  return all;
}

/** The sums of each shard, sample by sample. Shards run in parallel. The windows of one shard run in order. */
async function scoreStreams(prepared: Prepared, samples: Int32Array, score: (rows: WindowRows) => Promise<Sums>): Promise<Sums[]> {
  const all: Sums[] = [];
  for (const sample of samples) {
    const windows = () => scoringWindows(prepared, sample, prepared.recipe.training.shards);
    const [first = []] = windows();
    const chains = first.map(async (_, shard) => {
      let total: Sums | undefined;
      for (const batch of windows()) total = plus(total, await score(batch[shard] as WindowRows));
      return total as Sums;
    });
    all.push(...(await Promise.all(chains)));
  }
  return all;
}

function plus(total: Sums | undefined, { count, sums }: Sums): Sums {
  if (!total) return { count, sums };
  const both = Object.entries(sums).map(([name, { sum, squares }]): [string, Moments] => {
    const before = total.sums[name] as Moments;
    return [name, { sum: before.sum + sum, squares: before.squares + squares }];
  });
  return { count: total.count + count, sums: Object.fromEntries(both) };
}
