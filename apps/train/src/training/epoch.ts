import { createSchedule, type Schedule } from '@unroll/model/schedules.ts';
import type { Prepared } from '../data/prepare.ts';
import { countSteps, type StepPlan } from '../plan/epoch-plan.ts';
import type { EpochMetrics, StartEvent } from '../recipe/events.ts';
import { beginning, type RunState } from '../run/checkpoint.ts';
import { scoredOf } from '../workers/shared-memory.ts';
import { evaluate } from './evaluate.ts';
import type { Events } from './events.ts';
import type { Monitor } from './monitor.ts';
import { type Machine, takeStep } from './step.ts';

/** Everything common to the steps of a run. */
export interface Run extends Machine {
  prepared: Prepared;
  monitor: Monitor;
  events: Events;
  schedule: Schedule;
}

/** The recipe's schedule, over all its epochs. */
export function scheduleOf(prepared: Prepared): Schedule {
  const { epochs, schedule, optimizer } = prepared.recipe.training;
  const stepsPerEpoch = countSteps(prepared);
  return createSchedule(schedule ?? { type: 'constant', warmup: 0 }, optimizer.learningRate, {
    steps: epochs * stepsPerEpoch,
    stepsPerEpoch,
  });
}

/** @param wanted the requested number of workers. */
export function startEvent(
  { prepared, memory, pool, ranks }: Run,
  { wanted, resumedAt }: { wanted: number; resumedAt: RunState | undefined },
): StartEvent {
  return {
    type: 'start',
    workers: pool.workers,
    ...(ranks.size > 1 && { ranks: ranks.size }),
    shards: prepared.recipe.training.shards,
    ...(wanted > pool.workers && { workersWanted: wanted }),
    parameters: memory.layout.length,
    epochs: prepared.recipe.training.epochs,
    stepsPerEpoch: countSteps(prepared),
    ...(resumedAt && { resumedAt: { epoch: resumedAt.epoch, step: resumedAt.step } }),
  };
}

/** Takes one step. Sends an event if the step updated the parameters. @param planNext called while the workers are busy. */
export async function trainStep(
  { prepared, memory, pool, ranks, monitor, events, schedule }: Run,
  state: RunState,
  plan: StepPlan,
  planNext: () => void,
): Promise<RunState> {
  const { epoch, step, updates, buffer, history } = state;
  const started = performance.now();
  const learningRate = schedule(updates) * monitor.plateauFactor(history);
  const taken = await takeStep({ pool, memory, ranks }, prepared.recipe.training, {
    plan,
    buffer,
    learningRate,
    updates,
    key: [prepared.seed, 'step', epoch, step],
    at: { epoch, step: step + 1 },
    meanwhile: planNext,
  });
  const passed: RunState = { ...state, step: step + 1, sequences: state.sequences + plan.sequences };
  if (!taken) return passed;
  const { loss, penalty, gradientNorm, phases } = taken;
  const milliseconds = performance.now() - started;
  const next: RunState = {
    ...passed,
    updates: updates + 1,
    buffer: buffer === 0 ? 1 : 0,
    lossSum: state.lossSum + loss * plan.rows,
    rows: state.rows + plan.rows,
    gradientNorm: Math.max(state.gradientNorm, gradientNorm),
    learningRate,
    seconds: state.seconds + milliseconds / 1000,
  };
  await events.tell({
    type: 'step',
    epoch,
    step: next.step,
    updates: next.updates,
    loss,
    meanLoss: next.lossSum / next.rows,
    ...(penalty !== 0 && { penalty }),
    learningRate,
    gradientNorm,
    sequencesPerSecond: next.sequences / next.seconds,
    phases: { ...phases, all: milliseconds },
    utilisation: pool.takeBusy().map((busy) => Math.min(1, busy / milliseconds)),
  });
  return next;
}

/** Scores the epoch's weights, keeps them if they are the best, and sends an event. All ranks keep rank 0's metrics, with its times. */
export async function endEpoch(
  { prepared, memory, pool, ranks, monitor, events }: Run,
  state: RunState,
  onBest: ((parameters: Float32Array, metrics: EpochMetrics) => Promise<void>) | undefined,
): Promise<RunState> {
  const { epoch, updates, buffer, history, learningRate, gradientNorm, seconds } = state;
  const { scores, standardErrors } = await evaluate({ pool, ranks }, prepared, prepared.data.split.validation, buffer);
  const own: EpochMetrics = {
    epoch,
    loss: state.lossSum / state.rows,
    validation: scores,
    standardErrors,
    learningRate,
    gradientNorm,
    seconds,
    sequencesPerSecond: state.sequences / seconds,
    best: false,
  };
  const metrics = await ranks.broadcast({ ...own, best: monitor.isBest(own, history) });
  if (metrics.best) {
    memory.best.set(scoredOf(memory, buffer));
    if (ranks.rank === 0) await onBest?.(memory.best, metrics);
  }
  await events.tell({ type: 'epoch', ...metrics });
  return { ...beginning, epoch: epoch + 1, updates, buffer, history: [...history, metrics] };
}
