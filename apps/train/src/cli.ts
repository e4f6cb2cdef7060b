/** The command line: what npm start and npm run unroll run. */
import { createInterface } from 'node:readline';
import { kernelModes } from '@unroll/kernels/modes.ts';
import { InvalidArgumentError, Option, program } from 'commander';
import { doctorCommand } from './commands/doctor.ts';
import { evalCommand } from './commands/eval.ts';
import { predictCommand } from './commands/predict.ts';
import { quantizeCommand } from './commands/quantize.ts';
import { seedsCommand } from './commands/seeds.ts';
import { startCommand } from './commands/start.ts';
import { trainCommand } from './commands/train.ts';
import { recipeNames } from './recipe.ts';

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

interface TrainFlags {
  seed: number;
  resume?: string;
  force?: boolean;
  workers?: number;
  epochs?: number;
  runs: string;
}

const recipeCommand = (name: string, description: string) =>
  program
    .command(name)
    .description(description)
    .option('--workers <number>', 'worker threads (default: all cores)', positiveInteger)
    .option('--epochs <number>', "at most this many, instead of the recipe's", positiveInteger)
    .option('--runs <directory>', 'where runs/<id> is written', 'runs');

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

const seedOption = ['--seed <number>', 'names the run: the same seed gives the same bits', seed, 1] as const;

recipeCommand('start', 'train a recipe, then serve it at http://127.0.0.1:8787')
  .option(...seedOption)
  .argument('[recipe]', `one of: ${recipeNames().join(', ')}; or a path`, 'sentiment')
  .option('--no-serve', 'end after training')
  .option('--port <number>', 'port on 127.0.0.1', positiveInteger, 8787)
  .action((recipe: string, flags: TrainFlags & { port: number; serve: boolean }) =>
    startCommand(recipe, { ...flags, signal: interrupt.signal }),
  );

recipeCommand('train', 'train a recipe, quantize, compare and report')
  .option(...seedOption)
  .option('--resume <run>', 'go on with an interrupted run: runs/<id>')
  .option('--force', 'go on although the data changed')
  .argument('[recipe]', `one of: ${recipeNames().join(', ')}; or a path to a recipe file`)
  .action(
    async (recipe: string | undefined, flags: TrainFlags) => void (await trainCommand(recipe, { ...flags, signal: interrupt.signal })),
  );

recipeCommand('seeds', 'train a recipe once a seed, from 1 up, and average the scores')
  .argument('<recipe>', 'a recipe')
  .option('--count <number>', 'how many seeds', positiveInteger, 5)
  .action((recipe: string, flags: Omit<TrainFlags, 'seed'> & { count: number }) =>
    seedsCommand(recipe, { ...flags, signal: interrupt.signal }),
  );

program
  .command('eval')
  .description("score a model file on its recipe's test samples")
  .argument('<model>', 'a model.safetensors or best.safetensors')
  .option('--recipe <recipe>', "the recipe (default: the model's name)")
  .option('--seed <number>', 'the seed it was trained with', seed, 1)
  .action(evalCommand);

program
  .command('predict')
  .description('answer texts, one JSON line each')
  .argument('<model>', 'a model.safetensors or best.safetensors')
  .argument('[texts...]', 'texts; lines of standard input if there are none')
  .action(async (model: string, texts: string[]) => predictCommand(model, texts.length ? texts : await inputLines()));

program
  .command('quantize')
  .description('write the int8 form of a float32 model')
  .argument('<model>', 'a best.safetensors')
  .argument('<output>', 'where the int8 model goes')
  .action(quantizeCommand);

program.command('doctor').description('say what runs here, and why').action(doctorCommand);

async function inputLines(): Promise<string[]> {
  if (process.stdin.isTTY) return [];
  return (await Array.fromAsync(createInterface({ input: process.stdin }))).filter((line) => line !== '');
}

try {
  await program.parseAsync();
} catch (error) {
  console.error(`\nunroll: ${(error as Error).message}`);
  if (process.env.UNROLL_DEBUG) console.error(error);
  process.exitCode = 1;
}
