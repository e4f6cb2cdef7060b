/** The command line: what npm start and npm run unroll run. */
import { kernelModes } from '@unroll/kernels/modes.ts';
import { InvalidArgumentError, Option, program } from 'commander';
import { type CompareOptions, compareCommand } from './commands/compare.ts';
import { diagnoseCommand } from './commands/diagnose.ts';
import { doctorCommand } from './commands/doctor.ts';
import { evalCommand } from './commands/eval.ts';
import { type FindRateOptions, findRateCommand } from './commands/find-rate.ts';
import { type InitOptions, initCommand } from './commands/init.ts';
import { type PredictOptions, predictCommand } from './commands/predict.ts';
import { type PublishOptions, publishCommand } from './commands/publish.ts';
import { quantizeCommand } from './commands/quantize.ts';
import { type SeedsOptions, seedsCommand } from './commands/seeds.ts';
import { startCommand } from './commands/start.ts';
import { type TrainCommandOptions, trainCommand } from './commands/train.ts';
import { type TuneCommandOptions, tuneCommand } from './commands/tune.ts';
import { type CellName, cellNames } from './experiments/with-cell.ts';
import { recipeNames } from './recipe/load-recipe.ts';

/** Ctrl-C ends what is under way cleanly; the second one ends the process at once. */
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort();
    process.exitCode = 130;
  });
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number above 0');
  return value;
}

function seed(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('expected a whole number from 0 up');
  return value;
}

const aNumber = (text: string) => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('expected a number');
  return value;
};

interface RecipeFlags {
  seed: number;
  workers?: number;
  epochs?: number;
  runs: string;
}
type TrainFlags = Omit<TrainCommandOptions, 'signal'>;

const command = (name: string, description: string) =>
  program
    .command(name)
    .description(description)
    .option('--workers <number>', 'worker threads, at most one a shard (default: all cores)', positiveInteger)
    .option('--epochs <number>', "at most this many, instead of the recipe's", positiveInteger);

const recipeCommand = (name: string, description: string) =>
  command(name, description).option('--runs <directory>', 'the directory for what the command writes', 'runs');

const trainingCommand = (name: string, description: string) =>
  command(name, description).option('--runs <directory>', 'the directory that gets runs/<id> (default: "runs")');

program.name('unroll').description('Train recurrent networks on every core, serve them quantized from the edge.').showHelpAfterError();
program
  .addOption(
    new Option('--kernels <mode>', 'which kernels to run')
      .choices(['auto', ...kernelModes])
      .env('UNROLL_KERNELS')
      .default('auto'),
  )
  .hook('preAction', () => {
    process.env.UNROLL_KERNELS = program.opts<{ kernels: string }>().kernels;
  });

/** No default, so that a seed beside --resume is noticed. */
const newSeedOption = ['--seed <number>', 'names the run: the same seed gives the same bits (default: 1)', seed] as const;
const seedOption = ['--seed <number>', 'names the run: the same seed gives the same bits', seed, 1] as const;

/** name=value pairs as settings. */
function settingsOf(pair: string, before: Record<string, number> = {}): Record<string, number> {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('expected name=number');
  return { ...before, [name]: aNumber(value) };
}
const setOption = ['--set <name=number...>', "other values for the recipe's settings", settingsOf] as const;

trainingCommand('start', 'train a recipe, then serve it at http://127.0.0.1:8787')
  .option(...newSeedOption)
  .argument('[recipe]', `one of: ${recipeNames().join(', ')}; or a path`, 'sentiment')
  .option(...setOption)
  .option('--no-serve', 'end after training')
  .option('--port <number>', 'port on 127.0.0.1', positiveInteger, 8787)
  .action((recipe: string, flags: TrainFlags & { port: number; serve: boolean }) =>
    startCommand(recipe, { ...flags, signal: interrupt.signal }),
  );

program
  .command('init')
  .description('look at a CSV, TSV or JSON lines file and write a recipe for it')
  .argument('<file>', 'a .csv, .tsv, .jsonl or .ndjson file')
  .option('--text <column>', 'the column with texts')
  .option('--label <column>', 'the column with classes')
  .option('--target <columns...>', 'columns to forecast')
  .option('--time <column>', 'the column with the time of each row')
  .option('--series <column>', 'the column that tells several series apart')
  .option('--encoding <name>', 'how the file is encoded, as in windows-1252')
  .option('--out <path>', 'where the recipe goes (default: beside the file)')
  .option('--force', 'write over a recipe')
  .action((file: string, { target, ...flags }: InitOptions & { target?: string[] }) => initCommand(file, { ...flags, targets: target }));

trainingCommand('train', 'train a recipe, quantize, compare and report')
  .option(...newSeedOption)
  .option(...setOption)
  .option('--resume <run>', 'resume an interrupted run: runs/<id>')
  .option('--force', 'resume although the data changed')
  .argument('[recipe]', `one of: ${recipeNames().join(', ')}; or a path to a recipe file`)
  .action(
    async (recipe: string | undefined, flags: TrainFlags) => void (await trainCommand(recipe, { ...flags, signal: interrupt.signal })),
  );

/** Each --vary is one set of values: 'dropout=0' or 'clipNorm=1,learningRate=0.1'. */
const varied = (text: string, before: Record<string, number>[] = []) => [
  ...before,
  text.split(',').reduce<Record<string, number>>((settings, pair) => settingsOf(pair, settings), {}),
];

trainingCommand('seeds', 'train a recipe once a seed, from 1 up, and average the scores')
  .argument('<recipe>', 'a recipe')
  .option('--count <number>', 'how many seeds', positiveInteger, 5)
  .option(...setOption)
  .option('--vary <settings...>', "also train with each of these settings, as in '--vary dropout=0 dropout=0.5'", varied)
  .action((recipe: string, flags: Omit<SeedsOptions, 'signal'>) => seedsCommand(recipe, { ...flags, signal: interrupt.signal }));

recipeCommand('compare', 'train a recipe with each of some settings and draw their curves side by side')
  .option(...seedOption)
  .requiredOption('--vary <settings...>', "settings to train with, as in '--vary dropout=0 dropout=0.5'", varied)
  .argument('<recipe>', 'a recipe with settings; remedies has one for every remedy')
  .action((recipe: string, flags: Omit<CompareOptions, 'signal'>) => compareCommand(recipe, { ...flags, signal: interrupt.signal }));

recipeCommand('diagnose', 'show how gradients reach back in time, for SimpleRNN, LSTM and GRU')
  .option(...seedOption)
  .addOption(new Option('--cells <names...>', "cells to put in the place of the recipe's").choices(cellNames).default([...cellNames]))
  .argument('<recipe>', 'a recipe; adding and copy are made for this')
  .action((recipe: string, flags: RecipeFlags & { cells: CellName[] }) => diagnoseCommand(recipe, { ...flags, signal: interrupt.signal }));

recipeCommand('find-rate', 'try learning rates from low to high on a few steps, and propose one')
  .option(...seedOption)
  .option('--from <rate>', 'the lowest', aNumber, 1e-6)
  .option('--to <rate>', 'the highest', aNumber, 1)
  .option('--steps <number>', 'steps in between', positiveInteger, 200)
  .argument('<recipe>', 'a recipe')
  .action((recipe: string, flags: Omit<FindRateOptions, 'signal'>) => findRateCommand(recipe, { ...flags, signal: interrupt.signal }));

recipeCommand('tune', "search a recipe's settings by asynchronous successive halving")
  .option(...seedOption)
  .option('--trials <number>', 'settings to try', positiveInteger, 30)
  .option('--eta <number>', 'one trial in so many goes on from each rung', positiveInteger, 3)
  .option('--min-epochs <number>', 'epochs up to the first rung', positiveInteger, 1)
  .option('--restart', 'forget an earlier search')
  .argument('<recipe>', 'a recipe with a search')
  .action((recipe: string, flags: Omit<TuneCommandOptions, 'signal'>) => tuneCommand(recipe, { ...flags, signal: interrupt.signal }));

program
  .command('eval')
  .description("score a model file on its recipe's test samples")
  .argument('<model>', 'a model.safetensors or best.safetensors')
  .option('--recipe <recipe>', "the recipe (default: that of the model's run, or of its name)")
  .option('--seed <number>', "the seed it was trained with (default: the file's)", seed)
  .action(evalCommand);

interface PredictFlags extends PredictOptions {
  model?: string;
}

program
  .command('predict')
  .description('answer texts or rows of a table (a JSON line each), continue prompts, or forecast what follows a table')
  .argument('[model]', 'a model.safetensors or best.safetensors, if not given by --model')
  .argument('[texts...]', 'texts, prompts, or one .csv, .tsv or .jsonl file; standard input if there are none')
  .option('-m, --model <file>', 'the model; all arguments are texts, or a table, then')
  .option('--length <number>', 'tokens that a language model adds', positiveInteger, 300)
  .option('--temperature <number>', 'below 1 surer, above 1 bolder, 0 the most probable', aNumber)
  .option('--top-k <number>', 'only the k most probable tokens', positiveInteger)
  .option('--top-p <number>', 'only the most probable tokens that together reach this', aNumber)
  .option('--seed <number>', 'the same seed writes the same', seed, 1)
  .action(async (first: string | undefined, rest: string[], { model, ...flags }: PredictFlags) => {
    const [path, texts] = model === undefined ? [first, rest] : [model, first === undefined ? [] : [first, ...rest]];
    if (path === undefined) throw new Error('no model: name a model.safetensors, as an argument or by --model');
    await predictCommand(path, { arguments: texts, stdin: process.stdin }, flags);
  });

program
  .command('quantize')
  .description('write the int8 form of a float32 model, proved on its validation samples')
  .argument('<model>', 'a best.safetensors')
  .argument('<output>', 'where the int8 model goes')
  .option('--recipe <recipe>', "the recipe (default: that of the model's run, or of its name)")
  .option('--budget <number>', "how much worse the task's first figure may get (default: half a point, or 1 %)", aNumber)
  .action(quantizeCommand);

program
  .command('publish')
  .description('upload a model to a deployment of the edge app, with the key in UNROLL_API_KEY')
  .argument('<run>', 'runs/<id>, or a model.safetensors')
  .requiredOption('--to <url>', 'where the deployment answers')
  .option('--name <name>', "the model's name there (default: the file's)")
  .option('--alias <alias>', 'point this alias to it too, stable say')
  .action((run: string, options: PublishOptions) => publishCommand(run, options));

program.command('doctor').description('say what runs here, and why').action(doctorCommand);

try {
  await program.parseAsync();
} catch (error) {
  console.error(`\nunroll: ${(error as Error).message}`);
  if (process.env.UNROLL_DEBUG) console.error(error);
  process.exitCode = 1;
}
