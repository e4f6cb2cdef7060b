/** Options of several commands, and the parsing of their values. */
import { wantedEngines } from '@unroll/backend/engine.ts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { recipeNames } from '../recipe/load-recipe.ts';

/** The context that a command gets. */
export interface Cli {
  program: Command;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number above 0');
  return value;
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('expected a whole number from 0 up');
  return value;
}

export function anyNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('expected a number');
  return value;
}

/** Adds a name=value pair to those before it. */
export function settings(pair: string, before: Record<string, number> = {}): Record<string, number> {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('expected name=number');
  return { ...before, [name]: anyNumber(value) };
}

/** Adds one set of values to those before it: 'dropout=0' or 'clipNorm=1,learningRate=0.1'. */
export const varied = (text: string, before: Record<string, number>[] = []): Record<string, number>[] => [
  ...before,
  text.split(',').reduce<Record<string, number>>((pairs, pair) => settings(pair, pairs), {}),
];

export const aRecipe = `one of: ${recipeNames().join(', ')}; or a path to a recipe file`;

export const workersOption = ['--workers <number>', 'worker threads, at most one per shard (default: all cores)', positiveInteger] as const;
export const epochsOption = ['--epochs <number>', "at most this many, instead of the recipe's", positiveInteger] as const;
export const setOption = ['--set <name=number...>', "other values for the recipe's settings", settings] as const;

/** `cli.ts` makes the process use it. Without a value the recipe decides, and a resumed run keeps its engine. */
export const engineOption = new Option(
  '--engine <name>',
  "what computes (default: the recipe's, else auto: tensorflow on a GPU, otherwise wasm)",
)
  .choices(wantedEngines)
  .env('UNROLL_ENGINE');

/** Options of commands that start runs. They have no defaults, so that `train` can reject them together with --resume. */
export const runOptions = {
  seed: ['--seed <number>', 'the seed; the same seed gives the same bits (default: 1)', wholeNumber],
  runs: ['--runs <directory>', 'the directory for runs/<id> (default: "runs")'],
} as const;

/** Options of commands that train several times. */
export const experimentOptions = {
  seed: ['--seed <number>', 'the same seed gives the same bits', wholeNumber, 1],
  runs: ['--runs <directory>', 'the directory for the report', 'runs'],
} as const;
