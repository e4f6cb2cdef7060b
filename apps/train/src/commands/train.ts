import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { encodeArtifact } from '@unroll/artifact/artifact.ts';
import { rehearseArtifact } from '../artifact/rehearse-artifact.ts';
import { toArtifact } from '../artifact/to-artifact.ts';
import { type Prepared, prepare } from '../data/prepare.ts';
import type { EpochMetrics, TrainEvent } from '../recipe/events.ts';
import { type Finished, finish } from '../report/finish.ts';
import { createStepPoints, type StepPoint } from '../report/step-points.ts';
import { createEventLog } from '../run/event-log.ts';
import { createRunDirectory, type RunDescription, type RunDirectory, recipeOfRun } from '../run/run-directory.ts';
import { reasonOf, WriteFailed, writeAtomically } from '../run/write-atomically.ts';
import { printable } from '../terminal/printable.ts';
import { createProgress } from '../terminal/progress.ts';
import { commandLine, shown } from '../terminal/shell.ts';
import { CallbackFailed } from '../training/events.ts';
import { type TrainOptions, type TrainResult, train } from '../training/train.ts';
import { checkMemory } from '../workers/check-memory.ts';
import { EngineNotStarted, JobFailed } from '../workers/pool.ts';
import { bytesOfRun } from '../workers/shared-memory.ts';
import { describeRun, engineOfRun, type RunFlags } from './describe-run.ts';
import { aRecipe, type Cli, engineOption, epochsOption, runOptions, setOption, workersOption } from './options.ts';

export interface TrainCommandOptions extends RunFlags {
  /** All cores if left out. */
  workers?: number;
  signal: AbortSignal;
}

/** The most steps in the report's charts. */
const POINTS_DRAWN = 1000;

/**
 * Trains a recipe or resumes a run, then quantizes, compares and reports.
 * @returns undefined if training was interrupted.
 * @throws an error with the next command, if one can help.
 */
export async function trainCommand(nameOrPath: string | undefined, options: TrainCommandOptions): Promise<Finished | undefined> {
  const described = describeRun(nameOrPath, options);
  const { resumed } = described;
  const recipe = await recipeOfRun(described.about);
  const engine = engineOfRun(described, recipe);
  const about: RunDescription = { ...described.about, engine: engine.name };
  const prepared = prepare(recipe, about.seed);
  const { workers = availableParallelism(), signal, force = false } = options;
  checkMemory(Math.min(workers, recipe.training.shards), bytesOfRun(prepared), process.availableMemory());
  await rehearseArtifact(prepared);

  const run = resumed ?? (await createRunDirectory(options.runs ?? 'runs', recipe.name, new Date(), about));
  console.log(`${recipe.name}: ${recipe.description}\n${prepared.data.summary}`);
  if (engine.name !== 'wasm' || engine.idleGpu) console.log(`${engine.name}: ${engine.description} (${engine.reason})`);
  for (const warning of prepared.data.warnings) console.log(`warning: ${printable(warning)}`);

  const createdAt = new Date().toISOString();
  const log = createRunLog(prepared, run, about, createdAt);
  const resume = commandLine('train', '--resume', shown(resolve(run.path)));
  const result = await trained(prepared, run, log, resume, {
    seed: about.seed,
    workers,
    engine: engine.setup,
    signal,
    checkpoints: { directory: run.checkpoints, metrics: run.metrics },
    ...(resumed && { resume: { force } }),
  });
  const { final, best, history } = result;
  if (!final || !best) {
    console.log(`\nInterrupted. Resume with: ${resume}`);
    return undefined;
  }
  console.log(`\nFinished after ${history.length} epochs (${reasonFor(result)}); best is epoch ${best.epoch}.`);
  const command = commandAgain(about);
  const finished = await finish({ ...result, final }, run, { command, engine, workers, createdAt, steps: log.steps() });
  console.log(finished.table);
  console.log(finished.written.map(([what, path]) => `${what.padEnd(7)} ${shown(path)}`).join('\n'));
  console.log(`\nData: ${prepared.data.source}`);
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

function createRunLog(prepared: Prepared, run: RunDirectory, about: RunDescription, createdAt: string): RunLog {
  const progress = createProgress(process.stdout, prepared.task.metricInfo);
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
  prepared: Prepared,
  run: RunDirectory,
  { onEvent, onBest, bestEpoch, done }: RunLog,
  resume: string,
  options: TrainOptions,
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
  if (error instanceof JobFailed && !error.repeats) return `. Resume with: ${resume}`;
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
    .option('--force', 'resume even if the data changed, or with another engine')
    .action(async (recipe: string | undefined, flags: Omit<TrainCommandOptions, 'signal'>) => {
      await trainCommand(recipe, { ...flags, signal });
    });
}
