/** Measures real jobs of a recipe in real worker threads. */
import { availableParallelism } from 'node:os';
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import type { Prepared } from '../../data/prepare.ts';
import { planEpoch } from '../../plan/epoch-plan.ts';
import type { Rows } from '../../plan/rows.ts';
import { checkMemory } from '../../workers/check-memory.ts';
import { type Pool, startPool } from '../../workers/pool.ts';
import type { Segment } from '../../workers/reduce.ts';
import { allocate, bytesOfRun, type Memory } from '../../workers/shared-memory.ts';
import type { Calibration } from './calibration.ts';
import { fitShardCost, type MeasuredShard, shapeOf, shardTime } from './shard-cost.ts';

/** How many slots' sum is timed. */
const SLOTS = 4;
/** Jobs of each worker before the first timed one: V8 compiles the kernels meanwhile. */
const WARM_UP = 12;
const ROUNDS = { least: 6, most: 40 };
/** Roughly how long jobs are timed. */
const SECONDS = 6;
const VECTOR_ROUNDS = 15;
const UPDATE = { learningRate: 1e-6, step: 1, scale: 1 };

export type MeasuredTraining = Omit<Calibration, 'machine' | 'reading' | 'ranks'>;

/**
 * Times gradient jobs for several cuts of the recipe's batches, scoring, sums and updates.
 * @param cuts numbers of shards: the recipe's, and those of the plan.
 * @throws the signal's reason once it is aborted.
 */
export async function measureTraining(prepared: Prepared, cuts: readonly number[], signal: AbortSignal): Promise<MeasuredTraining> {
  const cores = availableParallelism();
  // A slot for each worker: two that write the same one would disturb each other.
  const own = withShards(prepared, Math.max(SLOTS, cores));
  checkMemory('wasm', { computing: cores, reducing: 0 }, bytesOfRun(own), process.availableMemory());
  const memory = allocate(own, chooseEngine('wasm').setup);
  const pool = startPool(memory, { threads: { computing: cores, reducing: 0 }, limitSeconds: 300, attempts: 1, onRetry: () => {} });
  try {
    const bench = createBench(pool, cores, signal);
    const shards = cuts.map((shards) => shardsOf(withShards(prepared, shards)));
    for (let i = 0; i < WARM_UP; i++) await bench.gradients(shards.map((next) => next()));
    const jobs = await timeJobs(prepared, shards, bench);
    const vectors = await timeVectors(pool, memory, () => bench.gradients(shards.map((next) => next()).slice(-1)));
    return { parameters: memory.layout.length, ...jobs, ...vectors };
  } finally {
    await pool.close();
  }
}

/** The recipe with its batches cut into another number of shards. */
export const withShards = (prepared: Prepared, shards: number): Prepared => ({
  ...prepared,
  recipe: { ...prepared.recipe, training: { ...prepared.recipe.training, shards } },
});

/** Gives one shard of each step of the training, without end. */
function shardsOf(prepared: Prepared): () => Rows {
  let epoch = 0;
  let plans = planEpoch(prepared, epoch);
  return () => {
    let next = plans.next();
    if (next.done) {
      plans = planEpoch(prepared, ++epoch);
      next = plans.next();
    }
    return next.value?.batches[0]?.[0] as Rows;
  };
}

/** Seconds that workers compute. */
interface Bench {
  gradient(rows: Rows): Promise<number>;
  score(rows: Rows): Promise<number>;
  /** Of each of the jobs that run at once, one for each core. */
  gradients(rows: readonly Rows[]): Promise<number[]>;
}

function createBench(pool: Pool, cores: number, signal: AbortSignal): Bench {
  let key = 0;
  const gradient = (rows: Rows, slot: number) => pool.run('gradient', { rows, buffer: 0, slot, weight: 1, key: ['plan', key++, slot] });
  async function busyTimes(work: () => Promise<unknown>): Promise<number[]> {
    signal.throwIfAborted();
    pool.takeBusy();
    await work();
    return pool.takeBusy().map((milliseconds) => milliseconds / 1000);
  }
  const busyTime = async (work: () => Promise<unknown>) => (await busyTimes(work)).reduce((a, b) => a + b, 0);
  return {
    gradient: (rows) => busyTime(() => gradient(rows, 0)),
    score: (rows) => busyTime(() => pool.run('score', { rows, buffer: 0 })),
    gradients: (rows) => busyTimes(() => Promise.all(Array.from({ length: cores }, (_, i) => gradient(rows[i % rows.length] as Rows, i)))),
  };
}

/** Kinds of jobs take turns, so that a change of the machine's speed meets them all. */
async function timeJobs({ sequences }: Prepared, shards: readonly (() => Rows)[], bench: Bench) {
  const alone: MeasuredShard[] = [];
  const busy: MeasuredShard[] = [];
  const scored: MeasuredShard[] = [];
  const plannings: number[] = [];
  const started = performance.now();
  for (let round = 0; round < ROUNDS.most; round++) {
    for (const next of shards) {
      const asked = performance.now();
      const rows = next();
      plannings.push((performance.now() - asked) / 1000);
      const shape = shapeOf(sequences, rows);
      alone.push({ shape, seconds: await bench.gradient(rows) });
      busy.push(...(await bench.gradients([rows])).map((seconds) => ({ shape, seconds })));
      scored.push({ shape, seconds: await bench.score(rows) });
    }
    if (round + 1 >= ROUNDS.least && performance.now() - started > SECONDS * 1000) break;
  }
  const gradient = fitShardCost(alone);
  const contention = Math.max(1, mean(busy) / mean(alone));
  return {
    gradient,
    score: fitShardCost(scored),
    contention,
    jobs: busy.map(({ shape, seconds }) => ({ fitted: contention * shardTime(gradient, shape), seconds })),
    planning: median(plannings),
  };
}

/** @param gradients jobs before each timed one, as in a step: they leave the processor's caches full of other things. */
async function timeVectors(pool: Pool, { layout: { length } }: Memory, gradients: () => Promise<unknown>) {
  const all = { from: 0, to: length };
  async function medianTime(work: () => Promise<unknown>): Promise<number> {
    const times: number[] = [];
    for (let i = 0; i < WARM_UP + VECTOR_ROUNDS; i++) {
      if (i >= WARM_UP) await gradients();
      const started = performance.now();
      await work();
      if (i >= WARM_UP) times.push((performance.now() - started) / 1000);
    }
    return median(times);
  }
  const sum = (slots: number, segment: Segment) => medianTime(() => pool.run('sum', { slots, into: 0, ...segment }));
  const dispatch = await sum(1, { from: 0, to: 0 });
  const [one, several] = [await sum(1, all), await sum(SLOTS, all)];
  const sumPerFloat = Math.max(0, several - one) / (SLOTS - 1) / length;
  const update = await medianTime(() => pool.run('update', { buffer: 0, total: 0, options: UPDATE, ...all }));
  return {
    dispatch,
    sumPerFloat,
    normPerFloat: Math.max(0, (one - dispatch) / length - sumPerFloat),
    updatePerFloat: Math.max(0, update - dispatch) / length,
  };
}

const mean = (measured: readonly MeasuredShard[]) => measured.reduce((sum, { seconds }) => sum + seconds, 0) / measured.length;

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
