import { readdirSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { TextDataset } from '@unroll/datasets/text-sample.ts';
import { didYouMean, parseOrExplain } from '@unroll/model/explain.ts';
import { optimizerSpec } from '@unroll/model/optimizers.ts';
import { scheduleSpec } from '@unroll/model/schedules.ts';
import type { ModelSpecInput } from '@unroll/model/spec.ts';
import type { TokenizerOptions } from '@unroll/text/tokenizer.ts';
import { z } from 'zod';

const share = z.number().gt(0).lt(1);
const aFunction = <F>() => z.custom<F>((value) => typeof value === 'function', 'expected a function');

export const trainingSpec = z.strictObject({
  /** At most; early stopping usually ends sooner. */
  epochs: z.int().positive(),
  /** Samples a step, over all shards. */
  globalBatchSize: z.int().positive(),
  /** Parts a step is cut into. Part of the recipe, not of the machine: the same for any number of workers. */
  shards: z.int().positive(),
  optimizer: optimizerSpec,
  /** How the optimizer's learning rate moves over the epochs above; constant, if left out. */
  schedule: scheduleSpec.optional(),
  /** Gradients of a larger global norm are scaled down to it (Pascanu et al., 2013). */
  clipNorm: z.number().positive().optional(),
  earlyStopping: z
    .strictObject({
      monitor: z.enum(['validationLoss', 'validationAccuracy']).default('validationLoss'),
      /** Epochs without a better value after which training ends; the best weights are kept. */
      patience: z.int().positive(),
    })
    .optional(),
});
export type TrainingSpec = z.infer<typeof trainingSpec>;

export const recipeSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  description: z.string(),
  data: z.strictObject({
    load: aFunction<() => TextDataset>(),
    /** Shares held out; the rest is trained on. */
    validation: share,
    test: share,
  }),
  tokenizer: z.custom<TokenizerOptions>((value) => typeof value === 'object' && value !== null, 'expected tokenizer options'),
  /** The model, given what is known once the tokenizer is fitted. */
  model: aFunction<(known: { vocabularySize: number; labels: readonly string[] }) => ModelSpecInput>(),
  training: trainingSpec,
});
export type Recipe = z.infer<typeof recipeSchema>;

/** A recipe as a file writes it: checked by the compiler here, and when it is loaded. */
export const defineRecipe = (recipe: z.input<typeof recipeSchema>) => recipe;

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
export async function loadRecipe(nameOrPath: string): Promise<Recipe> {
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
  return parseOrExplain(recipeSchema, module.default, `recipe '${nameOrPath}'`);
}
