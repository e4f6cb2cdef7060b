import { join, resolve } from 'node:path';
import { encodeArtifact } from '@unroll/artifact/artifact.ts';
import { toArtifact } from '../artifact/to-artifact.ts';
import type { Prepared } from '../data/prepare.ts';
import { onFirstRank, RankLost, type Ranks } from '../ranks/ranks.ts';
import { RANK_TIMEOUT, withRanks } from '../ranks/with-ranks.ts';
import type { EpochMetrics, TrainEvent } from '../recipe/events.ts';
import { type Finished, finish } from '../report/finish.ts';
import { createStepPoints, type StepPoint } from '../report/step-points.ts';
import { createEventLog } from '../run/event-log.ts';
import { createRunDirectory, createRunDirectoryAt, type RunDescription, type RunDirectory, runDirectory } from '../run/run-directory.ts';
import { reasonOf, WriteFailed, writeAtomically } from '../run/write-atomically.ts';
import { printable } from '../terminal/printable.ts';
import { createProgress } from '../terminal/progress.ts';
import { commandLine, shown } from '../terminal/shell.ts';
import { CallbackFailed } from '../training/events.ts';
import { type TrainOptions, type TrainResult, train } from '../training/train.ts';
import { EngineNotStarted, JobFailed } from '../workers/pool.ts';
import type { RunFlags } from './describe-run.ts';
import { aRecipe, type Cli, engineOption, epochsOption, positiveInteger, runOptions, setOption, workersOption } from './options.ts';
import { type PreparedRun, prepareRun } from './prepare-run.ts';

export interface TrainCommandOptions extends RunFlags {
  /** All cores if left out. */
  workers?: number;
  /** Seconds that another rank may be silent. */
  rankTimeout?: number;
  signal: AbortSignal;
}

/** The most steps in the report's charts. */
const POINTS_DRAWN = 1000;

/**
 * Trains a recipe or resumes a run, then quantizes, compares and reports. Under mpiexec or srun all ranks train together.
 * @returns undefined if training was interrupted, and on ranks other than 0.
 * @throws an error with the next command, if one can help.
 */
export function trainCommand(nameOrPath: string | undefined, options: TrainCommandOptions): Promise<Finished | undefined> {
  const { rankTimeout = RANK_TIMEOUT } = options;
  return withRanks(rankTimeout, (ranks) => trainOnRanks(ranks, nameOrPath, { ...options, rankTimeout }));
}

async function trainOnRanks(
  ranks: Ranks,
  nameOrPath: string | undefined,
  options: TrainCommandOptions & { rankTimeout: number },
): Promise<Finished | undefined> {
  const ready = await prepareRun(ranks, nameOrPath, options);
  const path = await onFirstRank(ranks, () => createDirectory(ready, options.runs));
  const run = runDirectory(path);
  const trainOptions = {
    ranks,
    prepared: ready.prepared,
    seed: ready.about.seed,
    workers: ready.workers,
    engine: ready.engine.setup,
    signal: options.signal,
    checkpoints: { directory: run.checkpoints, metrics: run.metrics },
    ...(ready.resumed !== undefined && { resume: { force: options.force ?? false } }),
  };
  const resume = commandLine('train', '--resume', shown(resolve(path))) + (ranks.size > 1 ? ' (on any number of ranks)' : '');
  ranks.watch(resume);
  if (ranks.rank === 0) return trainAndFinish(ready, run, resume, trainOptions);
  await train(ready.prepared.recipe, trainOptions);
  await ranks.leave();
  return undefined;
}

/** @returns the path of the run's directory. */
async function createDirectory({ resumed, directory, about, prepared }: PreparedRun, runs = 'runs'): Promise<string> {
  if (resumed !== undefined) return resumed;
  const { name } = prepared.recipe;
  return (await (directory === undefined ? createRunDirectory(runs, name, new Date(), about) : createRunDirectoryAt(directory, about)))
    .path;
}

/** The part of rank 0: it displays the training and writes its files. The other ranks are done after the training. */
async function trainAndFinish(
  ready: PreparedRun,
  run: RunDirectory,
  resume: string,
  options: TrainOptions & { prepared: Prepared; ranks: Ranks },
): Promise<Finished | undefined> {
  const { about, prepared, engine, workers } = ready;
  const { recipe, data } = prepared;
  const { ranks, signal } = options;
  console.log(`${recipe.name}: ${recipe.description}\n${data.summary}`);
  if (engine.name !== 'wasm' || engine.idleGpu) console.log(`${engine.name}: ${engine.description} (${engine.reason})`);
  for (const warning of data.warnings) console.log(`warning: ${printable(warning)}`);
  // A launcher may kill the ranks soon after the signal.
  if (ranks.size > 1) signal?.addEventListener('abort', () => console.log(`\nStops after this step. Resume with: ${resume}`));

  const createdAt = new Date().toISOString();
  const log = createRunLog(ready, run, createdAt, ranks.size);
  const result = await trained(run, log, resume, options);
  await ranks.leave();
  const { final, best, history } = result;
  if (!final || !best) {
    console.log(`\nInterrupted. Resume with: ${resume}`);
    // The signal may have reached another rank only.
    if (ranks.size > 1) process.exitCode = 130;
    return undefined;
  }
  console.log(`\nFinished after ${history.length} epochs (${reasonFor(result)}); best is epoch ${best.epoch}.`);
  const command = commandAgain(about);
  const finished = await finish({ ...result, final }, run, { command, engine, workers, createdAt, steps: log.steps() });
  console.log(finished.table);
  console.log(finished.written.map(([what, path]) => `${what.padEnd(7)} ${shown(path)}`).join('\n'));
  console.log(`\nData: ${data.source}`);
  if (finished.unwritten.length) throw new Error(explainUnwritten(finished.unwritten, resume, log.isSaved(history.length)));
  return finished;
}

/** A run's files and display during training. */
interface RunLog {
  /** For the report. */
  steps(): StepPoint[];
  onEvent(event: TrainEvent): void;
  onBest(parameters: Float32Array, metrics: EpochMetrics): Promise<void>;
  /** Whether there is a checkpoint after `epochs` epochs. */
  isSaved(epochs: number): boolean;
  /** The epoch of the weights in the run's `best` file, if it exists. */
  bestEpoch(): number | undefined;
  done(): void;
}

function createRunLog({ prepared, about }: PreparedRun, run: RunDirectory, createdAt: string, ranks: number): RunLog {
  const progress = createProgress(process.stdout, prepared.task.metricInfo, ranks);
  const tensorBoard = createEventLog(run.path);
  const steps = createStepPoints(POINTS_DRAWN);
  let savedEpochs = 0;
  let bestEpoch: number | undefined;
  /** A failed write does not end training: each of these files is written again later. */
  async function trying(write: () => unknown, path: string): Promise<void> {
    try {
      await write();
    } catch (error) {
      progress.onEvent({ type: 'writeFailed', path, reason: error instanceof WriteFailed ? error.reason : reasonOf(error) });
    }
  }
  return {
    steps: steps.points,
    onEvent(event) {
      progress.onEvent(event);
      steps.onEvent(event);
      if (event.type === 'checkpoint') savedEpochs = event.epoch - 1;
      if (event.type === 'start' && event.resumedAt) {
        savedEpochs = event.resumedAt.epoch - 1;
        void trying(() => run.describe(about), join(run.path, 'run.json'));
      }
      void trying(() => tensorBoard.onEvent(event), run.path);
    },
    onBest: (parameters, { epoch, validation }) =>
      trying(async () => {
        const metrics = Object.fromEntries(Object.entries(validation).map(([name, value]) => [`validation ${name}`, value]));
        const { bytes } = await encodeArtifact(toArtifact(prepared, parameters, { name: prepared.recipe.name, metrics, createdAt }));
        await writeAtomically(run.best, bytes);
        bestEpoch = epoch;
      }, run.best),
    isSaved: (epochs) => savedEpochs === epochs,
    bestEpoch: () => bestEpoch,
    done() {
      progress.done();
      void trying(() => tensorBoard.flush(), run.path);
    },
  };
}

/** Trains. @throws the error of training, with the next command. */
async function trained(
  run: RunDirectory,
  { onEvent, onBest, bestEpoch, done }: RunLog,
  resume: string,
  { prepared, ...options }: TrainOptions & { prepared: Prepared },
): Promise<TrainResult> {
  try {
    return await train(prepared.recipe, { ...options, prepared, onEvent, onBest });
  } catch (error) {
    const best = bestEpoch();
    const kept = best === undefined ? '' : ` The weights of epoch ${best} are in ${shown(run.best)}.`;
    throw new Error(`${(error as Error).message}${adviceFor(error, resume) ?? kept}`, { cause: error });
  } finally {
    done();
  }
}

/** The command that resumes the run; undefined if the run diverged or its own code threw twice, because it would fail again. */
function adviceFor(error: unknown, resume: string): string | undefined {
  if (error instanceof CallbackFailed) return `. Correct the callback, then resume with: ${resume}`;
  if (error instanceof EngineNotStarted) return `. Once it does, resume with: ${resume}`;
  if (error instanceof RankLost || (error instanceof JobFailed && !error.repeats)) return `. Resume with: ${resume}`;
  return undefined;
}

function explainUnwritten(unwritten: readonly WriteFailed[], resume: string, isSaved: boolean): string {
  const saved = isSaved
    ? 'The training is saved.'
    : 'The last checkpoint could not be written either, so the run continues from the one before it.';
  return `${unwritten.map(({ message }) => message).join('\n')}\n${saved} Once the files can be written, write them with: ${resume}`;
}

function reasonFor({ stopped, reason }: TrainResult): string {
  if (stopped === 'early') return 'stopped early: no better validation score';
  return stopped === 'callback' ? `stopped by the recipe: ${reason}` : 'all epochs done';
}

/** The command that makes a run again. */
function commandAgain({ recipe, seed, epochs, engine, settings }: RunDescription): string {
  const set = Object.entries(settings ?? {}).map(([name, value]) => `${name}=${value}`);
  return commandLine(
    'train',
    shown(recipe),
    '--seed',
    `${seed}`,
    ...(epochs === undefined ? [] : ['--epochs', `${epochs}`]),
    ...(engine === undefined ? [] : ['--engine', engine]),
    ...(set.length ? ['--set', ...set] : []),
  );
}

export function addTrain({ program, signal }: Cli): void {
  program
    .command('train')
    .description('train a recipe, quantize, compare and report')
    .argument('[recipe]', aRecipe)
    .option(...workersOption)
    .addOption(engineOption)
    .option(...epochsOption)
    .option(...runOptions.runs)
    .option(...runOptions.seed)
    .option(...setOption)
    .option('--resume <run>', 'resume an interrupted run: runs/<id>')
    .option('--run <directory>', 'start the run in this directory, or resume it if it is there')
    .option('--force', 'resume even if the data changed, or with another engine')
    .option('--rank-timeout <seconds>', 'under mpiexec or srun: how long a rank may not answer', positiveInteger, RANK_TIMEOUT)
    .action(async (recipe: string | undefined, flags: Omit<TrainCommandOptions, 'signal'>) => {
      await trainCommand(recipe, { ...flags, signal });
    });
}
