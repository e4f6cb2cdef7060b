import type { StepPlan } from '../plan/epoch-plan.ts';
import type { Phases } from '../recipe/events.ts';
import type { TrainingSpec } from '../recipe/training-spec.ts';
import type { Pool } from '../workers/pool.ts';
import type { Memory } from '../workers/shared-memory.ts';
import { explainDivergence } from './divergence.ts';

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
  pool: Pool,
  { layout, squares }: Memory,
  { clipNorm, clipValue, ema }: TrainingSpec,
  { plan, buffer, learningRate, updates, key, at, meanwhile }: StepInput,
): Promise<{ loss: number; gradientNorm: number; phases: Phases } | undefined> {
  const keyOf = (shard: number) => [...key, shard];
  const phases: Phases = { gradients: 0, sum: 0, update: 0 };
  async function timed<T>(phase: keyof Phases, work: Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await work;
    phases[phase] += performance.now() - started;
    return result;
  }
  let loss = 0;
  let shard = 0;
  const weight = plan.rows > 0 ? 1 / plan.rows : 0;
  for (const [b, batch] of plan.batches.entries()) {
    const pending = batch.map((rows, slot) => pool.run('gradient', { rows, buffer, slot, weight, key: keyOf(shard++) }));
    if (b === 0) meanwhile();
    for (const result of await timed('gradients', Promise.all(pending))) loss += result.loss;
    const before = b > 0 && { before: (b - 1) % 2 };
    await timed('sum', pool.runSegments('sum', layout.length, { slots: batch.length, into: b % 2, ...before }));
  }
  if (plan.rows === 0) return undefined;
  const gradientNorm = Math.sqrt(squares.reduce((sum, value) => sum + value, 0));
  if (!Number.isFinite(loss + gradientNorm)) {
    throw await explainDivergence(pool, plan, { buffer, keyOf, ...at, loss, learningRate, clipped: clipNorm !== undefined });
  }
  const scale = clipNorm !== undefined && gradientNorm > clipNorm ? clipNorm / gradientNorm : 1;
  const options = { learningRate, step: updates + 1, scale, clipValue, emaDecay: ema?.decay };
  await timed('update', pool.runSegments('update', layout.length, { buffer, total: (plan.batches.length - 1) % 2, options }));
  return { loss, gradientNorm, phases };
}
