import { SCORING_STATES } from './memory.ts';
import { cutIntoShards, planStreams, type Rows, type WindowRows } from './plan.ts';
import type { Pool } from './pool.ts';
import type { Prepared } from './prepare.ts';

/** The loss and the task's figures on some samples. */
export type Scores = { loss: number } & Record<string, number>;

/** Samples whose outputs one task computes; they are sorted by length, so a part pads little. */
const PART_SIZE = 64;

interface Sums {
  loss: number;
  count: number;
  scores: Record<string, number>;
}

/**
 * Scores the weights in a vector. With bpttSteps the samples are read as streams, the state carried along.
 * Sums run in the order of the samples: the same for any number of workers.
 */
export async function evaluate(pool: Pool, prepared: Prepared, samples: Int32Array, vector: number): Promise<Scores> {
  const score = (rows: Rows) => pool.run('score', { rows, vector });
  const sums =
    prepared.recipe.training.bpttSteps === undefined
      ? await Promise.all(sortedParts(prepared, samples).map((part) => score({ samples: part })))
      : await scoreStreams(prepared, samples, score);
  const count = sums.reduce((sum, part) => sum + part.count, 0);
  const mean = (of: (part: Sums) => number) => sums.reduce((sum, part) => sum + of(part), 0) / count;
  const loss = mean((part) => part.loss);
  const names = Object.keys(sums[0]?.scores ?? {});
  const means = Object.fromEntries(names.map((name) => [name, mean((part) => part.scores[name] as number)]));
  return { loss, ...prepared.task.metrics(loss, means) };
}

/** Activated outputs of samples, row by row in their order. */
export async function outputsOf(pool: Pool, prepared: Prepared, samples: Int32Array, vector: number): Promise<Float32Array> {
  const parts = sortedParts(prepared, samples);
  const results = await Promise.all(parts.map((part) => pool.run('outputs', { samples: part, vector })));
  const units = (results[0]?.outputs.length ?? 0) / (parts[0]?.length ?? 1);
  const rowOf = new Map(Array.from(samples, (sample, row) => [sample, row]));
  const all = new Float32Array(samples.length * units);
  for (const [p, part] of parts.entries()) {
    const { outputs } = results[p] as { outputs: Float32Array };
    for (const [i, sample] of part.entries()) all.set(outputs.subarray(i * units, (i + 1) * units), (rowOf.get(sample) as number) * units);
  }
  return all;
}

function sortedParts({ sequences }: Prepared, samples: Int32Array): Int32Array[] {
  const { lengths } = sequences;
  const sorted = samples.slice().sort((a, b) => (lengths[a] as number) - (lengths[b] as number));
  return cutIntoShards(sorted, Math.ceil(sorted.length / PART_SIZE));
}

/** Shards run beside each other, the windows of a shard one after the other. */
async function scoreStreams(
  { recipe, sequences }: Prepared,
  samples: Int32Array,
  score: (rows: WindowRows) => Promise<Sums>,
): Promise<Sums[]> {
  const { bpttSteps = 1, globalBatchSize, shards } = recipe.training;
  const all: Sums[] = [];
  for (const sample of samples) {
    const [start, length] = [sequences.starts[sample] as number, sequences.lengths[sample] as number];
    const streams = Math.max(1, Math.min(globalBatchSize, Math.floor(length / bpttSteps)));
    const batches = [...planStreams({ start, length, streams, bpttSteps, shards, half: SCORING_STATES })];
    const chains = (batches[0] ?? []).map(async (_, shard) => {
      const sums: Sums[] = [];
      for (const batch of batches) sums.push(await score(batch[shard] as WindowRows));
      return sums;
    });
    all.push(...(await Promise.all(chains)).flat());
  }
  return all;
}
