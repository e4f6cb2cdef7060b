import { availableParallelism } from 'node:os';
import { isAbsolute, relative, resolve } from 'node:path';
import { encodeArtifact } from '@unroll/artifact/artifact.ts';
import { toArtifact } from '../artifact/to-artifact.ts';
import { prepare } from '../data/prepare.ts';
import type { TrainEvent } from '../recipe/events.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import { type Finished, finish } from '../report/finish.ts';
import type { StepPoint } from '../report/step-points.ts';
import { thin } from '../report/step-points.ts';
import { createEventLog } from '../run/event-log.ts';
import { createRunDirectory, openRunDirectory, type RunDescription, type RunDirectory } from '../run/run-directory.ts';
import { writeAtomically } from '../run/write-atomically.ts';
import { createProgress } from '../terminal/progress.ts';
import { type TrainResult, train } from '../training/train.ts';
import { checkMemory } from '../workers/check-memory.ts';
import { bytesOfRun } from '../workers/shared-memory.ts';

export interface TrainCommandOptions {
  seed: number;
  /** All cores if left out. */
  workers?: number;
  /** Instead of the recipe's. */
  epochs?: number;
  /** Directory that gets runs/<id>. */
  runs: string;
  signal: AbortSignal;
  /** Directory of the run to go on with; its recipe, seed and epochs count then. */
  resume?: string;
  /** Other values for the recipe's settings. */
  set?: Record<string, number>;
  /** Go on although the data changed. */
  force?: boolean;
}

/** Steps that the report draws. */
const POINTS_DRAWN = 1000;

/**
 * Trains a recipe, or goes on with a run, then quantizes, compares and reports.
 * @returns undefined when training was interrupted.
 */
export async function trainCommand(nameOrPath: string | undefined, options: TrainCommandOptions): Promise<Finished | undefined> {
  const resumed = options.resume === undefined ? undefined : openRunDirectory(options.resume);
  if (!resumed && nameOrPath === undefined) throw new Error('nothing to train: name a recipe, or a run with --resume');
  const about: RunDescription = resumed?.about ?? {
    recipe: absolute(nameOrPath as string),
    seed: options.seed,
    ...(options.epochs !== undefined && { epochs: options.epochs }),
    ...(options.set && { settings: options.set }),
  };
  const loaded = await loadRecipe(about.recipe, about.settings);
  const recipe = about.epochs === undefined ? loaded : { ...loaded, training: { ...loaded.training, epochs: about.epochs } };
  const workers = options.workers ?? availableParallelism();
  const prepared = prepare(recipe, about.seed);
  checkMemory(Math.min(workers, recipe.training.shards), bytesOfRun(prepared), process.availableMemory());

  const run = resumed?.run ?? (await createRunDirectory(options.runs, recipe.name, new Date(), about));
  const createdAt = new Date().toISOString();
  console.log(`${recipe.name}: ${recipe.description}\n${prepared.data.summary}`);
  for (const warning of prepared.data.warnings) console.log(`warning: ${warning}`);

  const progress = createProgress(process.stdout, prepared.task.metricInfo);
  const tensorBoard = createEventLog(run.path);
  const steps: StepPoint[] = [];
  function onEvent(event: TrainEvent): void {
    progress.onEvent(event);
    if (event.type === 'step') steps.push({ ...event, update: event.updates });
    trying(() => tensorBoard.onEvent(event), run.path);
  }
  /** Whatever cannot be written now is written again later: no disk ends a training. */
  async function trying(write: () => unknown, path: string): Promise<void> {
    try {
      await write();
    } catch (error) {
      progress.onEvent({ type: 'writeFailed', path, reason: (error as Error).message });
    }
  }

  let result: TrainResult;
  try {
    result = await train(recipe, {
      ...{ prepared, seed: about.seed, workers, signal: options.signal, onEvent },
      checkpoints: { directory: run.checkpoints, metrics: run.metrics },
      ...(resumed && { resume: { force: options.force ?? false } }),
      onBest: (parameters, metrics) =>
        trying(async () => {
          const scores = Object.fromEntries(Object.entries(metrics.validation).map(([name, value]) => [`validation ${name}`, value]));
          const { bytes } = await encodeArtifact(toArtifact(prepared, parameters, { name: recipe.name, metrics: scores, createdAt }));
          await writeAtomically(run.best, bytes);
        }, run.best),
    });
  } catch (error) {
    (error as Error).message += ` ${resumeNote(run)}`;
    throw error;
  } finally {
    progress.done();
  }

  await trying(() => tensorBoard.flush(), run.path);
  const { final, best, history } = result;
  if (!final || !best) {
    console.log(`\nInterrupted. ${resumeNote(run)}`);
    return undefined;
  }
  console.log(`\nFinished after ${history.length} epochs (${reasonOf(result)}); best is epoch ${best.epoch}.`);
  const epochs = about.epochs === undefined ? '' : ` --epochs ${about.epochs}`;
  const set = about.settings
    ? ` --set ${Object.entries(about.settings)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')}`
    : '';
  const command = `npm run unroll -- train ${shown(about.recipe)} --seed ${about.seed}${epochs}${set}`;
  const finished = await finish({ ...result, final }, run, { command, workers, createdAt, steps: thin(steps, POINTS_DRAWN) });
  console.log(finished.table);
  console.log(`model   ${shown(run.model)}\nbest    ${shown(run.best)} (float32)\nreport  ${shown(run.report)}\n`);
  console.log(`Data: ${prepared.data.source}`);
  return finished;
}

function reasonOf({ stopped, reason }: TrainResult): string {
  if (stopped === 'early') return 'stopped early: no better validation score';
  return stopped === 'callback' ? `stopped by the recipe: ${reason}` : 'all epochs done';
}

/** A path as it is from anywhere; a recipe's name stays. */
const absolute = (nameOrPath: string) => (/\.[jt]s$/.test(nameOrPath) ? resolve(nameOrPath) : nameOrPath);

const shown = (path: string) => (isAbsolute(path) ? relative(process.cwd(), path) : path);

const resumeNote = (run: RunDirectory) => `Go on with: npm run unroll -- train --resume ${shown(resolve(run.path))}`;
