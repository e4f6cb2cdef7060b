import type { WordVectorFile } from '@unroll/datasets/word-vector-file.ts';
import type { WordVectors } from '@unroll/datasets/word-vectors.ts';
import type { ModelSpecInput } from '@unroll/model/spec.ts';
import { didYouMean, parseOrExplain } from '@unroll/schema/explain.ts';
import { finite } from '@unroll/schema/numbers.ts';
import { type TokenizerOptions, tokenizerOptions } from '@unroll/text/tokenizer.ts';
import * as v from 'valibot';
import { aFunction, dataSpec } from './data-spec.ts';
import type { TrainCallback } from './events.ts';
import type { Known } from './known.ts';
import { trainingSpec } from './training-spec.ts';

/** The values of a setting that `unroll tune` tries: a list, or a range. */
const dimension = v.union([
  v.strictObject({ values: v.pipe(v.array(finite), v.minLength(1)) }),
  v.pipe(
    v.strictObject({ from: finite, to: finite, scale: v.optional(v.picklist(['linear', 'log']), 'linear') }),
    v.check(({ from, to, scale }) => from < to && (scale === 'linear' || from > 0), 'expected from < to, and from > 0 on a log scale'),
  ),
]);
export type Dimension = v.InferOutput<typeof dimension>;

/** Numbers that a recipe's parts may depend on. */
export type Settings = Readonly<Record<string, number>>;

export const recipeSchema = v.strictObject({
  name: v.pipe(v.string(), v.maxLength(64), v.regex(/^[a-z0-9][a-z0-9-]*$/)),
  description: v.string(),
  data: dataSpec,
  /** For texts and corpora. */
  tokenizer: v.optional(tokenizerOptions, {}),
  /** For what a model of pairs writes; `tokenizer` if left out. */
  targetTokenizer: v.optional(tokenizerOptions),
  /** Settings with their default values; `--set` and `unroll tune` change them. */
  settings: v.optional(v.record(v.string(), finite), {}),
  /** The values that `unroll tune` tries. */
  search: v.optional(v.record(v.string(), dimension), {}),
  /**
   * The embedding's initial rows, by word. Other words start from the layer's initializer. Called with the settings;
   * undefined means no vectors. A file is { path, words }.
   */
  wordVectors: v.optional(aFunction<(settings: Settings) => WordVectors | WordVectorFile | undefined>()),
  /** Gives the model for the facts about the data and the settings. */
  model: aFunction<(known: Known, settings: Settings) => ModelSpecInput>(),
  training: trainingSpec,
  /** Called with every event of a run, one after the other, and awaited. A callback may end the run. */
  callbacks: v.optional(v.array(aFunction<TrainCallback>()), []),
});
export type Recipe = v.InferOutput<typeof recipeSchema>;

type RecipeInput = v.InferInput<typeof recipeSchema>;

/** A value, or a function of the settings. */
const ofSettings = ['data', 'tokenizer', 'targetTokenizer', 'training'] as const;
type OfSettings<T, S> = T | ((settings: S) => T);

/** A recipe as written in a file: its data, tokenizer and training may depend on its settings. */
export type RecipeFile<S extends Settings = Settings> = Pick<RecipeInput, 'name' | 'description' | 'callbacks'> & {
  settings?: S;
  search?: { [K in keyof S]?: v.InferInput<typeof dimension> };
  data: OfSettings<RecipeInput['data'], S>;
  tokenizer?: OfSettings<TokenizerOptions, S>;
  targetTokenizer?: OfSettings<TokenizerOptions, S>;
  wordVectors?: (settings: S) => WordVectors | WordVectorFile | undefined;
  model: (known: Known, settings: S) => ModelSpecInput;
  training: OfSettings<RecipeInput['training'], S>;
};

/** Declares a recipe. The compiler checks its types, and loading checks its values. */
export const defineRecipe = <S extends Settings>(recipe: RecipeFile<S>): RecipeFile<S> => recipe;

/**
 * A recipe with other settings.
 * @throws an error with every wrong key, and with the nearest name to an unknown setting.
 */
export function parseRecipe(file: unknown, what: string, settings: Settings = {}): Recipe {
  const { settings: own = {} } = (file ?? {}) as Partial<RecipeFile>;
  for (const name of Object.keys(settings)) {
    if (!(name in own)) throw new Error(`${what} has no setting '${name}'.${didYouMean(name, Object.keys(own))}`);
  }
  const chosen = { ...own, ...settings };
  const whole: Record<string, unknown> = { ...(file as object), settings: chosen };
  for (const key of ofSettings) {
    const value = whole[key];
    if (typeof value === 'function') whole[key] = value(chosen);
  }
  const recipe = parseOrExplain(recipeSchema, whole, what);
  const unset = Object.keys(recipe.search).find((name) => !(name in chosen));
  if (unset !== undefined) throw new Error(`${what}: search: '${unset}' is not among its settings; give it a default value there`);
  return recipe;
}
