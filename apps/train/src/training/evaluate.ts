import type { Prepared } from '../data/prepare.ts';
import type { Rows, WindowRows } from '../plan/rows.ts';
import { scoringWindows, sortedParts } from '../plan/scoring.ts';
import { blockOf, type Ranks } from '../ranks/ranks.ts';
import { joined } from '../workers/gather-rows.ts';
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

/** What computes scores. */
export interface Scorer {
  pool: Pool;
  ranks: Ranks;
}

/**
 * Scores the weights in a buffer. With bpttSteps the samples are read as streams with carried state.
 * Sums run in the order of the samples, so they do not depend on the number of workers and ranks.
 */
export async function evaluate({ pool, ranks }: Scorer, prepared: Prepared, samples: Int32Array, buffer: number): Promise<Evaluation> {
  const score = (rows: Rows) => pool.run('score', { rows, buffer });
  const parts =
    prepared.recipe.training.bpttSteps === undefined
      ? await scoreSamples(ranks, prepared, samples, score)
      : await scoreStreams(ranks, prepared, samples, score);
  return ranks.broadcast(parts && evaluationOf(prepared, parts));
}

function evaluationOf({ task, gathered }: Prepared, parts: readonly Sums[]): Evaluation {
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
  const others = Object.entries(gathered.metrics).map(([name, { from, value }]) => {
    return [name, value(joined(parts.map((part) => part.gathered[from] as Float32Array)))];
  });
  return { scores: { loss, ...task.metrics(loss, rest), ...Object.fromEntries(others) }, standardErrors };
}

/** Activated outputs of samples, row by row, in the samples' order; on rank 0 only. */
export async function outputsOf(
  { pool, ranks }: Scorer,
  prepared: Prepared,
  samples: Int32Array,
  buffer: number,
): Promise<Float32Array | undefined> {
  const parts = sortedParts(prepared, samples);
  const { from, to } = blockOf(ranks, parts.length);
  const own = await Promise.all(parts.slice(from, to).map((part) => pool.run('outputs', { samples: part, buffer })));
  const results = (await ranks.gather(own))?.flat();
  if (!results) return undefined;
  const units = (results[0]?.outputs.length ?? 0) / (parts[0]?.length ?? 1);
  const rowOf = new Map(Array.from(samples, (sample, row) => [sample, row]));
  const all = new Float32Array(samples.length * units);
  for (const [p, part] of parts.entries()) {
    const { outputs } = results[p] as { outputs: Float32Array };
    for (const [i, sample] of part.entries()) all.set(outputs.subarray(i * units, (i + 1) * units), (rowOf.get(sample) as number) * units);
  }
  return all;
}

/** @returns the sums of all parts in their order, on rank 0. */
async function scoreSamples(
  ranks: Ranks,
  prepared: Prepared,
  samples: Int32Array,
  score: (rows: Rows) => Promise<Sums>,
): Promise<Sums[] | undefined> {
  const parts = sortedParts(prepared, samples);
  const { from, to } = blockOf(ranks, parts.length);
  const own = await Promise.all(parts.slice(from, to).map((part) => score({ samples: part })));
  return (await ranks.gather(own))?.flat();
}

/**
 * Shards run in parallel. The windows of one shard run in order, on one rank.
 * @returns the sums of each shard, sample by sample, on rank 0.
 */
async function scoreStreams(
  ranks: Ranks,
  prepared: Prepared,
  samples: Int32Array,
  score: (rows: WindowRows) => Promise<Sums>,
): Promise<Sums[] | undefined> {
  const own: Sums[][] = [];
  for (const sample of samples) {
    const windows = () => scoringWindows(prepared, sample, prepared.recipe.training.shards);
    const [first = []] = windows();
    const { from, to } = blockOf(ranks, first.length);
    const chains = first.slice(from, to).map(async (_, i) => {
      let total: Sums | undefined;
      for (const batch of windows()) total = plus(total, await score(batch[from + i] as WindowRows));
      return total as Sums;
    });
    own.push(await Promise.all(chains));
  }
  const all = await ranks.gather(own);
  return all && Array.from(samples, (_, sample) => all.flatMap((each) => each[sample] ?? [])).flat();
}

function plus(total: Sums | undefined, { count, sums, gathered }: Sums): Sums {
  if (!total) return { count, sums, gathered };
  const both = Object.entries(sums).map(([name, { sum, squares }]): [string, Moments] => {
    const before = total.sums[name] as Moments;
    return [name, { sum: before.sum + sum, squares: before.squares + squares }];
  });
  const all = Object.entries(gathered).map(([name, rows]) => [name, joined([total.gathered[name] as Float32Array, rows])]);
  return { count: total.count + count, sums: Object.fromEntries(both), gathered: Object.fromEntries(all) };
}
