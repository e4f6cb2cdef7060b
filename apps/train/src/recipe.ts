import { readdirSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Corpus } from '@unroll/datasets/corpus.ts';
import type { Dice, EncodedSequences } from '@unroll/datasets/encoded.ts';
import type { Series } from '@unroll/datasets/series.ts';
import type { TextDataset } from '@unroll/datasets/text-sample.ts';
import { optimizerSpec } from '@unroll/model/optimizers.ts';
import { scheduleSpec } from '@unroll/model/schedules.ts';
import type { ModelSpecInput } from '@unroll/model/spec.ts';
import type { ForecastSpec } from '@unroll/model/tasks/forecast.ts';
import { didYouMean, parseOrExplain } from '@unroll/schema/explain.ts';
import { finite, positive, positiveInt } from '@unroll/schema/numbers.ts';
import type { TokenizerOptions } from '@unroll/text/tokenizer.ts';
import * as v from 'valibot';
import type { TrainCallback } from './events.ts';

const share = v.pipe(finite, v.gtValue(0), v.ltValue(1));
const aFunction = <F>() => v.custom<F>((value) => typeof value === 'function', 'expected a function');

export const trainingSpec = v.strictObject({
  /** At most; early stopping usually ends sooner. */
  epochs: positiveInt,
  /** Samples a batch, over all shards; with bpttSteps, streams read side by side. */
  globalBatchSize: positiveInt,
  /** Parts a batch is cut into. Part of the recipe, not of the machine: the same for any number of workers. */
  shards: positiveInt,
  /** Batches whose gradients are summed before one step of the optimizer. */
  accumulate: v.optional(positiveInt, 1),
  /**
   * Truncated BPTT: the data is read in its order, in windows of so many steps that start from the state the one before left.
   * Without it every sample is read as a whole, from a state of zeros.
   */
  bpttSteps: v.optional(positiveInt),
  optimizer: optimizerSpec,
  /** How the optimizer's learning rate moves over the epochs above; constant, if left out. */
  schedule: v.optional(scheduleSpec),
  /** Gradients of a larger global norm are scaled down to it (Pascanu et al., 2013). */
  clipNorm: v.optional(positive),
  /** Each element of the gradient is held within ± this. */
  clipValue: v.optional(positive),
  /** The weights scored and kept are a moving average of those trained (Polyak & Juditsky, 1992). */
  ema: v.optional(v.strictObject({ decay: v.optional(v.pipe(finite, v.gtValue(0), v.ltValue(1)), 0.999) })),
  /** Share of a target's probability that is spread over all classes. */
  labelSmoothing: v.optional(v.pipe(finite, v.minValue(0), v.ltValue(1)), 0),
  /** A factor on each class's loss; 'balanced' makes every class count the same, as in scikit-learn. */
  classWeights: v.optional(v.union([v.literal('balanced'), v.array(positive)])),
  earlyStopping: v.optional(
    v.strictObject({
      /** 'loss', or one of the task's figures on the validation samples, such as 'accuracy'. */
      monitor: v.optional(v.string(), 'loss'),
      /** Epochs without a better value after which training ends; the best weights are kept. */
      patience: positiveInt,
    }),
  ),
});
export type TrainingSpec = v.InferOutput<typeof trainingSpec>;

const heldOut = {
  /** Shares held out; the rest is trained on. */
  validation: share,
  test: share,
};

/** Every kind of data a recipe may have; src/data has a file for each. */
const path = v.union([
  v.pipe(v.string(), v.minLength(1)),
  v.pipe(
    v.instance(URL),
    v.transform((url) => fileURLToPath(url)),
  ),
]);
const format = v.optional(v.picklist(['csv', 'tsv', 'jsonl']));

const dataSpec = v.variant('type', [
  /** Labelled texts, shared out at random. */
  v.strictObject({ type: v.literal('texts'), load: aFunction<() => TextDataset>(), ...heldOut }),
  /** Labelled texts in a file, which may be larger than memory. */
  v.strictObject({
    type: v.literal('textFile'),
    path,
    format,
    /** Columns. */
    text: v.string(),
    label: v.string(),
    /** Column that tells samples of one origin; the same value in two parts of the split is warned of. */
    id: v.optional(v.string()),
    ...heldOut,
  }),
  /** A file whose every row is a sequence of numbers, a step a column, with a label. */
  v.strictObject({
    type: v.literal('numberFile'),
    path,
    format,
    columns: v.pipe(v.array(v.string()), v.minLength(1)),
    label: v.string(),
    ...heldOut,
  }),
  /** One long text; its end is held out. */
  v.strictObject({ type: v.literal('corpus'), load: aFunction<() => Corpus>(), ...heldOut }),
  /** Numbers over time; the last rows are held out. Samples are windows of `context` steps. */
  v.strictObject({
    type: v.literal('series'),
    /** A function, or a file whose rows follow each other in time and the column that holds it. */
    load: v.union([aFunction<() => Series>(), v.strictObject({ path, format, time: v.optional(v.string()) })]),
    context: positiveInt,
    /** Steps ahead. */
    horizon: positiveInt,
    /** Columns read, those known beforehand for the steps to come too, and those foretold. */
    inputs: v.pipe(v.array(v.string()), v.minLength(1)),
    known: v.optional(v.array(v.string()), []),
    targets: v.pipe(v.array(v.string()), v.minLength(1)),
    quantiles: v.optional(v.array(finite), []),
    /** Foretell how far targets move from the last row read. */
    relative: v.optional(v.boolean(), false),
    ...heldOut,
  }),
  /** Sequences that need no tokenizer, shared out in their order. */
  v.strictObject({ type: v.literal('encoded'), load: aFunction<(dice: Dice) => EncodedSequences>(), ...heldOut }),
]);
export type DataSpec = v.InferOutput<typeof dataSpec>;

/** What is known of the data once it is read; numbers that do not apply are 0. */
export interface Known {
  vocabularySize: number;
  labels: readonly string[];
  /** Floats a step. */
  features: number;
  /** Units that the last layer of a forecasting model needs. */
  units: number;
  /** The forecasting task that fits: of a series with its columns, scaled; of encoded numbers with their inputs and targets as they are. */
  forecast: ForecastSpec;
}

/** Where `unroll tune` looks for a setting: among values, or anywhere between two. */
const dimension = v.union([
  v.strictObject({ values: v.pipe(v.array(finite), v.minLength(1)) }),
  v.pipe(
    v.strictObject({ from: finite, to: finite, scale: v.optional(v.picklist(['linear', 'log']), 'linear') }),
    v.check(({ from, to, scale }) => from < to && (scale === 'linear' || from > 0), 'expected from < to, and from > 0 on a log scale'),
  ),
]);
export type Dimension = v.InferOutput<typeof dimension>;

/** Numbers that a recipe's model and training may depend on. */
export type Settings = Readonly<Record<string, number>>;

export const recipeSchema = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]*$/)),
  description: v.string(),
  data: dataSpec,
  /** For texts and corpora. */
  tokenizer: v.optional(
    v.custom<TokenizerOptions>((value) => typeof value === 'object' && value !== null, 'expected tokenizer options'),
    {},
  ),
  /** Numbers by name, their usual values; `--set` and `unroll tune` give others. */
  settings: v.optional(v.record(v.string(), finite), {}),
  /** Where tuning looks for them. */
  search: v.optional(v.record(v.string(), dimension), {}),
  /** The model, given what is known once the data is read, and the settings. */
  model: aFunction<(known: Known, settings: Settings) => ModelSpecInput>(),
  training: trainingSpec,
  /** Called with every event of a run, in turn and awaited; may end it. */
  callbacks: v.optional(v.array(aFunction<TrainCallback>()), []),
});
export type Recipe = v.InferOutput<typeof recipeSchema>;

type RecipeInput = v.InferInput<typeof recipeSchema>;

/** A recipe as a file writes it: its training may follow from its settings. */
export type RecipeFile<S extends Settings = Settings> = Omit<RecipeInput, 'settings' | 'search' | 'model' | 'training'> & {
  settings?: S;
  search?: { [K in keyof S]?: v.InferInput<typeof dimension> };
  model: (known: Known, settings: S) => ModelSpecInput;
  training: RecipeInput['training'] | ((settings: S) => RecipeInput['training']);
};

/** Checked by the compiler here, and when it is loaded. */
export const defineRecipe = <S extends Settings>(recipe: RecipeFile<S>): RecipeFile<S> => recipe;

/**
 * A recipe with other settings than its own.
 * @throws an error with every key that is wrong, and the nearest setting to one that is not there.
 */
export function parseRecipe(file: unknown, what: string, settings: Settings = {}): Recipe {
  const { training, settings: own = {} } = (file ?? {}) as Partial<RecipeFile>;
  for (const name of Object.keys(settings)) {
    if (!(name in own)) throw new Error(`${what} has no setting '${name}'.${didYouMean(name, Object.keys(own))}`);
  }
  const chosen = { ...own, ...settings };
  const whole = { ...(file as object), settings: chosen, training: typeof training === 'function' ? training(chosen) : training };
  const recipe = parseOrExplain(recipeSchema, whole, what);
  const unset = Object.keys(recipe.search).find((name) => !(name in chosen));
  if (unset !== undefined) throw new Error(`${what}: search: '${unset}' is not among its settings; give it a usual value there`);
  return recipe;
}

const recipesDirectory = fileURLToPath(new URL('recipes/', import.meta.url));

/** Names of the recipes that come with Unroll. */
export function recipeNames(): string[] {
  return readdirSync(recipesDirectory)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -3));
}

/**
 * Loads a recipe by name, or from a path that ends in .ts or .js.
 * @throws an error with the nearest name, or with every key that is wrong.
 */
export async function loadRecipe(nameOrPath: string, settings: Settings = {}): Promise<Recipe> {
  const isPath = /\.[jt]s$/.test(nameOrPath);
  if (!isPath && !recipeNames().includes(nameOrPath)) {
    throw new Error(`no recipe '${nameOrPath}'.${didYouMean(nameOrPath, recipeNames())}`);
  }
  const path = isPath ? (isAbsolute(nameOrPath) ? nameOrPath : resolve(nameOrPath)) : `${recipesDirectory}${nameOrPath}.ts`;
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  } catch (cause) {
    throw new Error(`recipe ${path} cannot be loaded: ${(cause as Error).message}`, { cause });
  }
  if (module.default === undefined) throw new Error(`recipe ${path} has no default export; write: export default defineRecipe({...})`);
  return parseRecipe(module.default, `recipe '${nameOrPath}'`, settings);
}
