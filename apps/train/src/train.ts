import type { WasmModules } from '@unroll/backend/wasm.ts';
import { flatten, layoutOf } from '@unroll/model/layout.ts';
import { createOptimizer } from '@unroll/model/optimizers.ts';
import { createRandom } from '@unroll/model/random.ts';
import { createSchedule } from '@unroll/model/schedules.ts';
import { clipByNorm, globalNorm, sumSlots } from './all-reduce.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import { planEpoch } from './plan.ts';
import { type Pool, startPool } from './pool.ts';
import type { Prepared } from './prepare.ts';
import type { TrainingSpec } from './recipe.ts';
import { sequenceOf } from './samples.ts';

export interface EpochMetrics {
  epoch: number;
  /** Mean over the epoch's samples, dropout on. */
  loss: number;
  validationLoss: number;
  validationAccuracy: number;
  learningRate: number;
  /** Largest gradient norm of the epoch's steps, before clipping. */
  gradientNorm: number;
  seconds: number;
  sequencesPerSecond: number;
  /** Whether these weights are the best so far. */
  best: boolean;
}

export type TrainEvent =
  | { type: 'start'; workers: number; parameters: number; stepsPerEpoch: number }
  | { type: 'step'; epoch: number; step: number; loss: number; sequencesPerSecond: number }
  | ({ type: 'epoch' } & EpochMetrics);

export interface TrainOptions {
  seed: number;
  workers: number;
  wasm: WasmModules;
  /** Sees every step and epoch. */
  onEvent?: (event: TrainEvent) => void;
  /** Awaited with each epoch's weights that are better than any before: the place to save them. */
  onBest?: (parameters: Float32Array, metrics: EpochMetrics) => Promise<void>;
  /** Ends training after the step under way; the best weights so far are the result. */
  signal?: AbortSignal;
}

export interface TrainResult {
  /** The best epoch's weights, in the model's layout. */
  parameters: Float32Array;
  history: EpochMetrics[];
  best: EpochMetrics | undefined;
  stopped: 'epochs' | 'early' | 'aborted';
  /** The best weights on the held-out test samples; absent when aborted. */
  test: Evaluation | undefined;
}

/**
 * Data-parallel training: each step's shards go to worker threads, their gradients are summed in shard order, clipped
 * and applied. The same seed and recipe give bit-identical weights for any number of workers.
 * @throws TrainingDiverged if the loss or a gradient is no longer finite.
 */
export async function train(prepared: Prepared, training: TrainingSpec, options: TrainOptions): Promise<TrainResult> {
  const { seed, onEvent, onBest, signal } = options;
  const { model, samples, split } = prepared;
  const { epochs, globalBatchSize, shards, clipNorm, earlyStopping } = training;

  const layout = layoutOf(model.weights);
  const shared = (length: number) => new Float32Array(new SharedArrayBuffer(length * 4));
  const parameters = shared(layout.length);
  flatten(layout, model.init(seed), parameters);
  const slots = Array.from({ length: shards }, () => shared(layout.length));
  const trainable = parameters.subarray(0, layout.trainableLength);
  const untrained = parameters.subarray(layout.trainableLength);

  const update = createOptimizer(training.optimizer, layout.trainableLength);
  const pool = startPool({ wasm: options.wasm, spec: model.spec, samples, parameters, slots }, options.workers);
  try {
    const lengthOf = (sample: number) => sequenceOf(samples, sample).length;
    const planOf = (epoch: number) => planEpoch(split.train, { globalBatchSize, shards, lengthOf }, createRandom(seed, 'plan', epoch));
    const stepsPerEpoch = planOf(1).length;
    const schedule = createSchedule(training.schedule ?? { type: 'constant', warmup: 0 }, training.optimizer.learningRate, {
      steps: epochs * stepsPerEpoch,
      stepsPerEpoch,
    });
    onEvent?.({ type: 'start', workers: pool.workers, parameters: layout.length, stepsPerEpoch });

    const history: EpochMetrics[] = [];
    let best: EpochMetrics | undefined;
    const bestParameters = parameters.slice();
    let stopped: TrainResult['stopped'] = 'epochs';

    for (let epoch = 1; epoch <= epochs && stopped === 'epochs'; epoch++) {
      const started = performance.now();
      let lossSum = 0;
      let seen = 0;
      let gradientNorm = 0;
      let learningRate = 0;

      for (const [index, step] of planOf(epoch).entries()) {
        learningRate = schedule((epoch - 1) * stepsPerEpoch + index);
        const count = step.reduce((sum, shard) => sum + shard.length, 0);
        const key = (shard: number) => [seed, 'step', epoch, index, shard];
        const results = await Promise.all(
          step.map((shard, slot) => pool.gradient({ samples: shard, slot, weight: 1 / count, key: key(slot) })),
        );
        const loss = results.reduce((sum, result) => sum + result.loss, 0);
        const total = sumSlots(slots.slice(0, step.length));
        const gradient = total.subarray(0, layout.trainableLength);
        const norm = globalNorm(gradient);
        if (!Number.isFinite(loss + norm)) throw await explainDivergence(pool, step, key, { epoch, step: index + 1, loss, learningRate });

        if (clipNorm !== undefined) clipByNorm(gradient, norm, clipNorm);
        update(trainable, gradient, learningRate);
        untrained.set(total.subarray(layout.trainableLength));

        lossSum += loss * count;
        seen += count;
        gradientNorm = Math.max(gradientNorm, norm);
        const seconds = (performance.now() - started) / 1000;
        onEvent?.({ type: 'step', epoch, step: index + 1, loss: lossSum / seen, sequencesPerSecond: seen / seconds });
        if (signal?.aborted) break;
      }
      if (signal?.aborted) {
        stopped = 'aborted';
        break;
      }

      const seconds = (performance.now() - started) / 1000;
      const validation = await evaluate(pool, prepared, split.validation);
      const metrics: EpochMetrics = {
        epoch,
        loss: lossSum / seen,
        validationLoss: validation.loss,
        validationAccuracy: validation.accuracy,
        learningRate,
        gradientNorm,
        seconds,
        sequencesPerSecond: seen / seconds,
        best: false,
      };
      metrics.best = isBetter(metrics, best, earlyStopping?.monitor ?? 'validationLoss');
      history.push(metrics);
      onEvent?.({ type: 'epoch', ...metrics });
      if (metrics.best) {
        best = metrics;
        bestParameters.set(parameters);
        await onBest?.(bestParameters, metrics);
      }
      if (earlyStopping && epoch - (best?.epoch ?? 0) >= earlyStopping.patience) stopped = 'early';
    }

    parameters.set(bestParameters);
    const test = stopped === 'aborted' ? undefined : await evaluate(pool, prepared, split.test);
    return { parameters: bestParameters, history, best, stopped, test };
  } finally {
    await pool.close();
  }
}

function isBetter(now: EpochMetrics, best: EpochMetrics | undefined, monitor: 'validationLoss' | 'validationAccuracy'): boolean {
  if (!best) return true;
  return monitor === 'validationLoss' ? now.validationLoss < best.validationLoss : now.validationAccuracy > best.validationAccuracy;
}

/** The loss or a gradient is NaN or infinite: no further step could help. */
export class TrainingDiverged extends Error {
  override readonly name = 'TrainingDiverged';
}

/** Runs the step's shards once more to see which layer's output is the first that is not finite. */
async function explainDivergence(
  pool: Pool,
  step: readonly Int32Array[],
  key: (shard: number) => (number | string)[],
  at: { epoch: number; step: number; loss: number; learningRate: number },
): Promise<TrainingDiverged> {
  let place = 'every layer still gives finite outputs, its gradient does not';
  for (const [shard, samples] of step.entries()) {
    const { layer } = await pool.diagnose({ samples, key: key(shard) });
    if (layer !== undefined) {
      place = `the first layer whose output is not finite is '${layer}'`;
      break;
    }
  }
  return new TrainingDiverged(
    `training diverged at epoch ${at.epoch}, step ${at.step}: the loss is ${at.loss}; ${place}; ` +
      `the learning rate is ${at.learningRate}. Lower it (try ${Number((at.learningRate / 10).toPrecision(2))}) or set clipNorm.`,
  );
}
