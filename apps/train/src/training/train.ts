import { availableParallelism } from 'node:os';
import { chooseEngine, requestedEngine } from '@unroll/backend/choose-engine.ts';
import type { EngineSetup } from '@unroll/backend/engine.ts';
import type { Schedule } from '@unroll/model/schedules.ts';
import { type Prepared, prepare } from '../data/prepare.ts';
import { planEpoch } from '../plan/epoch-plan.ts';
import type { Batch } from '../plan/rows.ts';
import { alone, type Ranks } from '../ranks/ranks.ts';
import type { EpochMetrics, TrainEvent } from '../recipe/events.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { beginning } from '../run/checkpoint.ts';
import { type Pool, startPool } from '../workers/pool.ts';
import { allocate, type Memory } from '../workers/shared-memory.ts';
import { splitThreads } from '../workers/threads.ts';
import { type CheckpointFiles, createCheckpointing } from './checkpointing.ts';
import { decide } from './decide.ts';
import { TrainingDiverged } from './divergence.ts';
import { endEpoch, type Run, scheduleOf, startEvent, trainStep } from './epoch.ts';
import { createEvents, type Events } from './events.ts';
import { type HeldOut, scoreHeldOut } from './held-out.ts';
import { monitorOf } from './monitor.ts';

export interface TrainOptions {
  /** Names the run: the same seed gives the same bits. 1 if left out. */
  seed?: number | undefined;
  /** Threads of this rank, at most one a shard; all cores if left out. */
  workers?: number | undefined;
  /** Sees every event of the run, in turn; on rank 0 only. */
  onEvent?: ((event: TrainEvent) => void) | undefined;
  /** Ends training after the current step, with a checkpoint. */
  signal?: AbortSignal | undefined;
  /** Without it no checkpoints are written. */
  checkpoints?: CheckpointFiles | undefined;
  /** Resume from the newest checkpoint there, or from the first step if there is none; `force` allows changed data and another engine. */
  resume?: { force: boolean } | undefined;
  /** Awaited with the weights of each epoch that is better than all before, to save them. */
  onBest?: ((parameters: Float32Array, metrics: EpochMetrics) => Promise<void>) | undefined;
  /** The learning rate of each step, in place of the recipe's. */
  schedule?: Schedule | undefined;
  /** The recipe's data and model, if they are already prepared. */
  prepared?: Prepared | undefined;
  /** What computes; the recipe's engine if left out, as `chooseEngine` finds it. */
  engine?: EngineSetup | undefined;
  faults?: FaultOptions | undefined;
  /** The processes that train together; this one alone if left out. The options of all must be equal. */
  ranks?: Ranks | undefined;
}

/** When a worker counts as failed, and how many attempts a job gets. */
export interface FaultOptions {
  /** A job that takes longer counts as hung: 300 if left out. */
  limitSeconds?: number | undefined;
  /** Attempts at a job before the run stops: 3 if left out. */
  attempts?: number | undefined;
  /** The worker's module, for tests. */
  file?: URL | undefined;
}

export interface TrainResult {
  prepared: Prepared;
  /** The best epoch's weights, in the model's layout. */
  parameters: Float32Array;
  history: readonly EpochMetrics[];
  best: EpochMetrics | undefined;
  stopped: Stopped;
  /** Why, if a callback stopped it. */
  reason?: string | undefined;
  /** The best weights on held-out samples; absent when aborted. */
  final: { validation: HeldOut; test: HeldOut } | undefined;
}

type Stopped = 'epochs' | 'early' | 'callback' | 'aborted';

/**
 * Data-parallel training. Workers compute the shards of a batch; their gradients are summed in shard order, clipped and applied.
 * The same seed and recipe give bit-identical weights for any number of ranks, workers, retries and interruptions.
 * @throws TrainingDiverged if the loss or a gradient is no longer finite, JobFailed if a shard cannot be computed.
 */
export async function train(recipe: Recipe, options: TrainOptions = {}): Promise<TrainResult> {
  const { seed = 1, signal, onBest, onEvent, resume, ranks = alone } = options;
  const { epochs, shards, engine } = recipe.training;
  const prepared = options.prepared ?? prepare(recipe, seed);
  const slots = Math.ceil(shards / ranks.size);
  const memory = allocate(prepared, options.engine ?? chooseEngine(requestedEngine(engine)).setup, slots);
  const monitor = monitorOf(prepared);
  const events = ranks.rank === 0 ? createEvents(onEvent, recipe.callbacks) : createEvents(undefined, []);
  const checkpointing = createCheckpointing(options.checkpoints, { prepared, memory, ranks, events });
  let state = resume ? await checkpointing.restore(resume.force) : beginning;
  let batch: Batch | undefined;

  const { workers = availableParallelism(), schedule = scheduleOf(prepared) } = options;
  const pool = openPool(memory, workers, options.faults ?? {}, events);
  const run: Run = { prepared, memory, pool, ranks, monitor, events, schedule };
  const interruption = () => decide(ranks, { signal, events, checkpointing });
  const ending = async (): Promise<Stopped | undefined> =>
    (await interruption()).stopped ??
    (monitor.isOver(state.history) ? 'early' : undefined) ??
    (state.epoch > epochs ? 'epochs' : undefined);

  try {
    await events.tell(startEvent(run, { wanted: workers, resumedAt: resume && state }));
    let stopped = await ending();
    while (!stopped) {
      const plans = planEpoch(prepared, state.epoch, state.step);
      let next = plans.next();
      while (!next.done && !stopped) {
        const plan = next.value;
        state = await trainStep(run, state, plan, () => {
          next = plans.next();
        });
        batch = plan.batches.at(-1);
        const decision = await interruption();
        stopped = decision.stopped;
        if (!stopped && decision.save) await checkpointing.save(state, batch);
      }
      if (stopped === 'aborted') break;
      state = await endEpoch(run, state, onBest);
      await checkpointing.save(state, batch);
      stopped = await ending();
    }
    if (stopped === 'aborted') await checkpointing.save(state, batch);
    const final = stopped === 'aborted' ? undefined : await scoreHeldOut(run, state);
    const { history } = state;
    const best = history.findLast((metrics) => metrics.best);
    return { prepared, parameters: memory.best, history, best, stopped, reason: events.stopReason(), final };
  } catch (error) {
    // A failed step changes nothing it read, so the run can resume from the last finished one. A diverged run would only diverge again.
    if (!(error instanceof TrainingDiverged)) await checkpointing.rescue(state);
    throw error;
  } finally {
    await pool.close();
  }
}

function openPool(memory: Memory, workers: number, faults: FaultOptions, events: Events): Pool {
  return startPool(memory, {
    threads: splitThreads(memory.engine.engine, workers, memory.slots.length),
    limitSeconds: faults.limitSeconds ?? 300,
    attempts: faults.attempts ?? 3,
    file: faults.file,
    onRetry: (retry) => events.mention({ type: 'retry', ...retry }),
  });
}
