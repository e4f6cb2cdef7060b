import type { StepPlan } from '../plan/epoch-plan.ts';
import { blockOf, type Ranks } from '../ranks/ranks.ts';
import type { Phases } from '../recipe/events.ts';
import type { TrainingSpec } from '../recipe/training-spec.ts';
import type { Pool } from '../workers/pool.ts';
import { wholeWeights } from '../workers/reduce.ts';
import type { Memory } from '../workers/shared-memory.ts';
import { explainDivergence, TrainingDiverged } from './divergence.ts';
import { sumGradients } from './sum-gradients.ts';

/** What computes the steps. */
export interface Machine {
  pool: Pool;
  memory: Memory;
  ranks: Ranks;
}

export interface StepInput {
  plan: StepPlan;
  /** The buffer with the parameters; the update writes the other buffer. */
  buffer: 0 | 1;
  learningRate: number;
  /** The number of earlier steps of the run. */
  updates: number;
  /** The name of the step; the names of its random streams begin with it. */
  key: readonly (number | string)[];
  /** For an error message. */
  at: { epoch: number; step: number };
  /** Called while the workers are busy, to plan the next step. */
  meanwhile: () => void;
}

/**
 * One step of the optimizer: shards' gradients, their sum in shard order, clipping, update.
 * A step without a scored row advances the state of streams and updates no parameter.
 * @returns undefined for such a step.
 * @throws TrainingDiverged if the loss or the gradient is not finite; the parameters stay as they were.
 */
export async function takeStep(
  { pool, memory, ranks }: Machine,
  { clipNorm, clipValue, ema }: TrainingSpec,
  { plan, buffer, learningRate, updates, key, at, meanwhile }: StepInput,
): Promise<{ loss: number; penalty: number; gradientNorm: number; phases: Phases } | undefined> {
  const keyOf = (shard: number) => [...key, shard];
  const phases: Phases = { gradients: 0, sum: 0, update: 0 };
  async function timed<T>(phase: keyof Phases, work: Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await work;
    phases[phase] += performance.now() - started;
    return result;
  }
  const { layout, squares } = memory;
  let [loss, penalty] = [0, 0];
  let firstShard = 0;
  const weight = plan.rows > 0 ? 1 / plan.rows : 0;
  for (const [b, batch] of plan.batches.entries()) {
    const { from, to } = blockOf(ranks, batch.length);
    const pending = batch
      .slice(from, to)
      .map((rows, slot) => pool.run('gradient', { rows, buffer, slot, weight, key: keyOf(firstShard + from + slot) }));
    firstShard += batch.length;
    if (b === 0) meanwhile();
    const results = await timed('gradients', Promise.all(pending));
    const sumLosses = ([loss = 0, penalty = 0]: readonly number[]) => [
      results.reduce((sum, result) => sum + result.loss, loss),
      results.reduce((sum, result) => sum + result.penalty, penalty),
    ];
    const gradients = { shards: batch.length, into: totalOf(b), before: b > 0 ? totalOf(b - 1) : undefined };
    const [losses] = await timed(
      'sum',
      Promise.all([ranks.foldInOrder([loss, penalty], sumLosses), sumGradients(pool, ranks, memory, gradients)]),
    );
    [loss, penalty] = losses as [number, number];
  }
  if (plan.rows === 0) return undefined;
  const gradientNorm = Math.sqrt(squares.reduce((sum, value) => sum + value, 0));
  if (!Number.isFinite(loss + penalty + gradientNorm)) {
    // Every rank has all parameters, so rank 0 can find the layer by itself.
    const options = { buffer, keyOf, ...at, loss, learningRate, clipped: clipNorm !== undefined };
    throw new TrainingDiverged(await ranks.broadcast(ranks.rank === 0 ? await explainDivergence(pool, plan, options) : undefined));
  }
  const scale = clipNorm !== undefined && gradientNorm > clipNorm ? clipNorm / gradientNorm : 1;
  const options = { learningRate, step: updates + 1, scale, clipValue, emaDecay: ema?.decay };
  const vector = { length: layout.length, whole: wholeWeights(layout) };
  await timed('update', pool.runSegments('update', vector, { buffer, total: totalOf(plan.batches.length - 1), options }));
  return { loss, penalty, gradientNorm, phases };
}

/** Batches alternate between the two totals. */
const totalOf = (batch: number) => (batch % 2) as 0 | 1;
