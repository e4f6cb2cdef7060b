import { availableParallelism } from 'node:os';
import { compileWasmModules } from '@unroll/backend/node.ts';
import type { WasmModules } from '@unroll/backend/wasm.ts';
import { createSchedule, type Schedule } from '@unroll/model/schedules.ts';
import { type Prepared, prepare } from '../data/prepare.ts';
import { countSteps, planEpoch } from '../plan/epoch-plan.ts';
import type { EpochMetrics, TrainEvent } from '../recipe/events.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { checkIdentity, identityOf, type RunState } from '../run/checkpoint.ts';
import { createCheckpoints, latestCheckpoint } from '../run/checkpoints.ts';
import { ShardFailed, startPool } from '../workers/pool.ts';
import { allocate, arraysOf, scoredOf } from '../workers/shared-memory.ts';
import { evaluate, outputsOf, type Scores } from './evaluate.ts';
import { monitorOf } from './monitor.ts';
import { takeStep } from './step.ts';

export interface TrainOptions {
  /** Names the run: the same seed gives the same bits. 1 if left out. */
  seed?: number | undefined;
  /** Threads; all cores if left out. */
  workers?: number | undefined;
  /** Sees everything that happens, in turn. */
  onEvent?: ((event: TrainEvent) => void) | undefined;
  /** Ends training after the step under way, with a checkpoint. */
  signal?: AbortSignal | undefined;
  /** Where checkpoints go; without it none are written. */
  checkpoints?: { directory: string; keep?: number | undefined; everySeconds?: number | undefined } | undefined;
  /** Go on from the newest checkpoint there; `force` even if the data changed. */
  resume?: { force: boolean } | undefined;
  /** Awaited with each epoch's weights that are better than any before: the place to save them. */
  onBest?: ((parameters: Float32Array, metrics: EpochMetrics) => Promise<void>) | undefined;
  /** The learning rate of each step, in place of the recipe's. */
  schedule?: Schedule | undefined;
  /** The recipe's data and model, where they are at hand already. */
  prepared?: Prepared | undefined;
  wasm?: WasmModules | undefined;
  faults?: FaultOptions | undefined;
}

/** What is taken for a fault, and how often it is borne. */
export interface FaultOptions {
  /** A task of a worker that takes longer is taken for hung. */
  limitSeconds?: number | undefined;
  /** Attempts at a task before the run is stopped. */
  attempts?: number | undefined;
  /** The worker's module, for tests. */
  file?: URL | undefined;
}

export interface TrainResult {
  prepared: Prepared;
  /** The best epoch's weights, in the model's layout. */
  parameters: Float32Array;
  history: EpochMetrics[];
  best: EpochMetrics | undefined;
  stopped: 'epochs' | 'early' | 'callback' | 'aborted';
  /** Why, where a callback stopped it. */
  reason?: string | undefined;
  /** The best weights on held-out samples; absent when aborted. */
  final: { validation: Held; test: Held } | undefined;
}

export interface Held {
  scores: Scores;
  /** Activated outputs in the order of the split, where the task has one answer a sample. */
  outputs?: Float32Array;
}

/**
 * Data-parallel training. Workers compute the shards of a batch, their gradients are summed in shard order, clipped and applied;
 * the same seed and recipe give bit-identical weights for any number of workers, retries and interruptions.
 * @throws TrainingDiverged if the loss or a gradient is no longer finite, ShardFailed if a shard cannot be computed.
 */
export async function train(recipe: Recipe, options: TrainOptions = {}): Promise<TrainResult> {
  const { seed = 1, workers = availableParallelism(), signal, onBest, faults = {} } = options;
  const prepared = options.prepared ?? prepare(recipe, seed);
  const { data, task } = prepared;
  const { training, callbacks } = recipe;
  const monitor = monitorOf(prepared);
  const memory = allocate(prepared, options.wasm ?? compileWasmModules());
  const bestParameters = new Float32Array(memory.layout.length);

  let stopped: TrainResult['stopped'] | undefined;
  let reason: string | undefined;
  const control = {
    stop(why: string) {
      stopped ??= 'callback';
      reason ??= why;
    },
  };
  async function deliver(event: TrainEvent): Promise<void> {
    options.onEvent?.(event);
    for (const callback of callbacks) await callback(event, control);
  }
  /** Events are delivered one after the other, also those that nobody waits for. */
  let delivered = Promise.resolve();
  const tell = (event: TrainEvent) => {
    delivered = delivered.then(() => deliver(event));
    return delivered;
  };
  /** What a callback throws here ends the run at the next event that is waited for. */
  const mention = (event: TrainEvent) => void tell(event).catch(() => {});

  let run = freshState(1);
  const files = options.checkpoints;
  const checkpoints =
    files &&
    createCheckpoints({
      directory: files.directory,
      keep: files.keep ?? 3,
      onWritten: (path, { state: { epoch, step } }) => mention({ type: 'checkpoint', path, epoch, step }),
      onFailed: (path, why) => mention({ type: 'writeFailed', path, reason: why }),
    });
  const everyMs = (files?.everySeconds ?? 60) * 1000;
  let savedAt = performance.now();
  async function save(): Promise<void> {
    savedAt = performance.now();
    const arrays = { ...arraysOf(memory, run.vector), best: bestParameters };
    await checkpoints?.save({ state: run, identity: identityOf(prepared), arrays });
  }
  if (options.resume && files) {
    const saved = await latestCheckpoint(files.directory, (path, why) => mention({ type: 'damaged', path, reason: why }));
    checkIdentity(saved.identity, identityOf(prepared), options.resume.force);
    run = saved.state;
    const arrays: Record<string, Float32Array> = { ...arraysOf(memory, run.vector), best: bestParameters };
    for (const [name, array] of Object.entries(saved.arrays)) arrays[name]?.set(array);
  }

  const pool = startPool(memory, {
    workers,
    limitSeconds: faults.limitSeconds ?? 300,
    attempts: faults.attempts ?? 3,
    file: faults.file,
    onRetry: (retry) => mention({ type: 'retry', ...retry }),
  });
  try {
    const stepsPerEpoch = countSteps(prepared);
    const length = { steps: training.epochs * stepsPerEpoch, stepsPerEpoch };
    const spec = training.schedule ?? { type: 'constant', warmup: 0 };
    const schedule = options.schedule ?? createSchedule(spec, training.optimizer.learningRate, length);
    const resumedAt = options.resume && { epoch: run.epoch, step: run.step };
    const { epochs } = training;
    await tell({ type: 'start', workers, parameters: memory.layout.length, epochs, stepsPerEpoch, ...(resumedAt && { resumedAt }) });
    if (monitor.isOver(run.history)) stopped = 'early';

    while (run.epoch <= epochs && !stopped) {
      const steps = planEpoch(prepared, run.epoch, run.step);
      let next = steps.next();
      while (!next.done && !stopped) {
        const started = performance.now();
        const plan = next.value;
        const learningRate = schedule(run.updates) * monitor.plateauFactor(run.history);
        const taken = await takeStep(pool, memory, training, {
          ...{ plan, vector: run.vector, learningRate, updates: run.updates },
          key: [seed, 'step', run.epoch, run.step],
          at: { epoch: run.epoch, step: run.step + 1 },
          meanwhile: () => {
            next = steps.next();
          },
        });
        run = { ...run, step: run.step + 1, sequences: run.sequences + plan.sequences };
        if (!taken) {
          if (signal?.aborted) stopped = 'aborted';
          continue;
        }
        const { loss, gradientNorm, phases } = taken;
        const milliseconds = performance.now() - started;
        run = {
          ...run,
          updates: run.updates + 1,
          vector: run.vector === 0 ? 1 : 0,
          lossSum: run.lossSum + loss * plan.rows,
          rows: run.rows + plan.rows,
          gradientNorm: Math.max(run.gradientNorm, gradientNorm),
          learningRate,
          seconds: run.seconds + milliseconds / 1000,
        };
        await tell({
          ...{ type: 'step', epoch: run.epoch, step: run.step, updates: run.updates, loss, meanLoss: run.lossSum / run.rows },
          ...{ learningRate, gradientNorm, sequencesPerSecond: run.sequences / run.seconds },
          phases: { ...phases, all: milliseconds },
          utilisation: pool.takeBusy().map((busy) => Math.min(1, busy / milliseconds)),
        });
        if (signal?.aborted) stopped = 'aborted';
        else if (performance.now() - savedAt > everyMs) await save();
      }
      if (stopped === 'aborted') break;

      const { scores: validation, standardErrors } = await evaluate(pool, prepared, data.split.validation, run.vector);
      const { history, epoch, updates, vector, lossSum, rows, learningRate, gradientNorm, seconds } = run;
      const speed = { seconds, sequencesPerSecond: run.sequences / seconds };
      const metrics = { epoch, loss: lossSum / rows, validation, standardErrors, learningRate, gradientNorm, ...speed, best: false };
      metrics.best = monitor.isBest(metrics, history);
      run = { ...freshState(epoch + 1), updates, vector, history: [...history, metrics] };
      if (metrics.best) {
        bestParameters.set(scoredOf(memory, vector));
        await onBest?.(bestParameters, metrics);
      }
      await tell({ type: 'epoch', ...metrics });
      await save();
      if (monitor.isOver(run.history)) stopped ??= 'early';
      if (signal?.aborted) stopped = 'aborted';
    }

    const { history, vector } = run;
    const best = history.findLast((metrics) => metrics.best);
    const result = { prepared, parameters: bestParameters, history, best, stopped: stopped ?? 'epochs', reason } as const;
    if (stopped === 'aborted') {
      await save();
      return { ...result, final: undefined };
    }
    scoredOf(memory, vector).set(bestParameters);
    const held = async (samples: Int32Array): Promise<Held> => ({
      scores: (await evaluate(pool, prepared, samples, vector)).scores,
      ...(task.targets === 'sample' && { outputs: await outputsOf(pool, prepared, samples, vector) }),
    });
    return { ...result, final: { validation: await held(data.split.validation), test: await held(data.split.test) } };
  } catch (error) {
    // A step that fails leaves what it read as it was: the last finished one can be gone on from.
    if (error instanceof ShardFailed) await save();
    throw error;
  } finally {
    await pool.close();
  }
}

/** The beginning of an epoch of a run that has no history yet. */
const freshState = (epoch: number): RunState => ({
  ...{ epoch, step: 0, updates: 0, vector: 0, lossSum: 0, rows: 0, sequences: 0 },
  ...{ gradientNorm: 0, learningRate: 0, seconds: 0, history: [] },
});
