import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { layoutOf } from '@unroll/model/layout.ts';
import { createRandom } from '@unroll/model/random.ts';
import { prepare } from '../data/prepare.ts';
import type { EpochMetrics } from '../recipe/events.ts';
import type { Dimension, Recipe, Settings } from '../recipe/recipe.ts';
import { TrainingDiverged } from '../training/divergence.ts';
import { monitorOf } from '../training/monitor.ts';
import { train } from '../training/train.ts';
import { type AshaOptions, type Job, type Judged, nextJob, pickSmallest, rungEpochs, type Trial } from './asha.ts';

export interface TuneOptions extends AshaOptions {
  seed: number;
  /** Trials that run side by side, each on a thread of its own. */
  workers: number;
  /** Where each trial's checkpoints go. */
  directory: string;
  signal: AbortSignal;
  /** The recipe with some settings. */
  recipeOf: (settings: Settings) => Promise<Recipe>;
  /** Trials of a search that was interrupted. */
  known: readonly TunedTrial[];
  /** Called whenever a trial reached a rung, with all trials. */
  onTrial: (trial: TunedTrial, all: readonly TunedTrial[]) => Promise<void>;
}

/** A trial with its score. */
export interface TunedTrial extends Trial {
  /** Lower is better; the best of all epochs so far. */
  score: number;
  standardError: number;
  /** The figure behind the score, as it is read. */
  value: number;
  epochs: number;
}

/**
 * Searches the settings of a recipe by asynchronous successive halving. A trial waits at each rung in its checkpoint and
 * resumes from there with the same bits. An interrupted search resumes with its trials as `known`.
 * @returns all trials, and the smallest model within one standard error of the best.
 */
export async function tune(recipe: Recipe, options: TuneOptions): Promise<{ trials: TunedTrial[]; picked: TunedTrial | undefined }> {
  const trials: TunedTrial[] = [...options.known];
  const running = new Set<number>();
  const epochsAt = rungEpochs(options);

  async function run(job: Job): Promise<void> {
    const id = job.type === 'new' ? job.id : job.trial.id;
    const settings = job.type === 'new' ? sample(recipe.search, options.seed, id) : job.trial.settings;
    const rung = job.type === 'new' ? 0 : job.rung;
    const result = await runTrial(id, settings, epochsAt[rung] as number, options);
    if (!result) return;
    const before = trials.find((trial) => trial.id === id);
    const rungs = [...(before?.rungs ?? []), result.score];
    const trial: TunedTrial = { id, settings, ...result, rungs };
    trials.splice(before ? trials.indexOf(before) : trials.length, before ? 1 : 0, trial);
    await options.onTrial(trial, trials);
  }

  async function work(): Promise<void> {
    while (!options.signal.aborted) {
      const job = nextJob(trials, running, options);
      if (!job) return;
      const id = job.type === 'new' ? job.id : job.trial.id;
      running.add(id);
      try {
        await run(job);
      } finally {
        running.delete(id);
      }
    }
  }
  // A worker that finds no job may find one once another's trial has reached its rung.
  do await Promise.all(Array.from({ length: options.workers }, work));
  while (!options.signal.aborted && nextJob(trials, running, options));

  const judged = trials.map((trial): Judged => ({ trial, score: trial.score, standardError: trial.standardError }));
  const picked = pickSmallest(judged.filter(({ score }) => Number.isFinite(score)));
  return { trials, picked: trials.find(({ id }) => id === picked?.trial.id) };
}

/** Settings of a trial: the same for the same seed. */
export function sample(search: Readonly<Record<string, Dimension>>, seed: number, trial: number): Record<string, number> {
  const entries = Object.entries(search).map(([name, dimension]) => {
    const random = createRandom(seed, 'tune', trial, name);
    if ('values' in dimension) return [name, dimension.values[random.integer(dimension.values.length)] as number] as const;
    const { from, to, scale } = dimension;
    const draw = random.uniform();
    const value = scale === 'log' ? from * (to / from) ** draw : from + (to - from) * draw;
    return [name, Number(value.toPrecision(3))] as const;
  });
  return Object.fromEntries(entries);
}

type TrialResult = Pick<TunedTrial, 'parameters' | 'over' | 'score' | 'standardError' | 'value' | 'epochs'>;

/** Trains a trial up to an epoch, from where it stands. @returns undefined if it was interrupted. */
async function runTrial(
  id: number,
  settings: Settings,
  until: number,
  { seed, directory, signal, recipeOf, maxEpochs }: TuneOptions,
): Promise<TrialResult | undefined> {
  const recipe = await recipeOf(settings);
  const whole: Recipe = { ...recipe, training: { ...recipe.training, epochs: maxEpochs } };
  const prepared = prepare(whole, seed);
  const monitor = monitorOf(prepared);
  const checkpoints = { directory: join(directory, `trial-${id}`), keep: 1 };
  const enough = new AbortController();
  const parameters = layoutOf(prepared.model.weights).length;
  let history: readonly EpochMetrics[] = [];
  let over = false;
  try {
    const result = await train(whole, {
      ...{ prepared, seed, workers: 1, checkpoints },
      ...(existsSync(checkpoints.directory) && { resume: { force: false } }),
      signal: AbortSignal.any([signal, enough.signal]),
      onEvent: (event) => event.type === 'epoch' && event.epoch >= until && enough.abort(),
    });
    history = result.history;
    over = result.stopped !== 'aborted';
  } catch (error) {
    if (!(error instanceof TrainingDiverged)) throw error;
    return { parameters, over: true, score: Number.MAX_VALUE, standardError: 0, value: Number.NaN, epochs: 0 };
  }
  if (signal.aborted) return undefined;
  const best = history.findLast((metrics) => metrics.best) as EpochMetrics;
  const standardError = best.standardErrors[monitor.name] ?? best.standardErrors.loss ?? 0;
  return {
    parameters,
    over,
    score: monitor.scoreOf(best),
    standardError,
    value: best.validation[monitor.name] as number,
    epochs: history.length,
  };
}
