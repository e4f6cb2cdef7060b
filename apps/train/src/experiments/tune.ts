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
  /** How many trials run at once, each on its own thread. */
  workers: number;
  /** The folder for the trials' checkpoints. */
  directory: string;
  signal: AbortSignal;
  /** Builds the recipe with a trial's settings. */
  recipeOf: (settings: Settings) => Promise<Recipe>;
  /** Trials of an interrupted search. */
  known: readonly TunedTrial[];
  /** Called with all trials whenever a trial reaches a rung. */
  onTrial: (trial: TunedTrial, all: readonly TunedTrial[]) => Promise<void>;
}

/** A trial with its score. */
export interface TunedTrial extends Trial {
  /** The best epoch's score so far; lower is better. */
  score: number;
  standardError: number;
  /** The metric behind the score, formatted. */
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
  // A worker without a job may get one after another worker's trial has reached its rung.
  do await Promise.all(Array.from({ length: options.workers }, work));
  while (!options.signal.aborted && nextJob(trials, running, options));

  const judged = trials.map((trial): Judged => ({ trial, score: trial.score, standardError: trial.standardError }));
  const picked = pickSmallest(judged.filter(({ score }) => Number.isFinite(score)));
  return { trials, picked: trials.find(({ id }) => id === picked?.trial.id) };
}

/** The settings of a trial; the same seed gives the same settings. */
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

/** Trains a trial from its last checkpoint up to an epoch. @returns undefined if it was interrupted. */
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
