import { readdirSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { didYouMean } from '@unroll/schema/explain.ts';
import { loadError } from './load-error.ts';
import type { Recipe, Settings } from './recipe.ts';
import { parseRecipe } from './recipe.ts';

const recipesDirectory = fileURLToPath(new URL('../recipes/', import.meta.url));

/** Names of the recipes that come with Unroll. */
export function recipeNames(): string[] {
  return readdirSync(recipesDirectory)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -3));
}

/** A recipe may be in any folder. If Node finds no @unroll packages from there, it uses those of this installation. */
registerHooks({
  resolve(specifier, context, next) {
    if (!specifier.startsWith('@unroll/')) return next(specifier, context);
    try {
      return next(specifier, context);
    } catch {
      return next(specifier, { ...context, parentURL: import.meta.url });
    }
  },
});

/** The file of a recipe, given by name or by path. */
export function recipePath(nameOrPath: string): string {
  return isPath(nameOrPath) ? resolve(nameOrPath) : `${recipesDirectory}${nameOrPath}.ts`;
}

const isPath = (nameOrPath: string) => /\.[jt]s$/.test(nameOrPath);

/**
 * Loads a recipe by name, or from a path that ends in .ts or .js.
 * @throws an error with the nearest name, or with every wrong key.
 */
export async function loadRecipe(nameOrPath: string, settings: Settings = {}): Promise<Recipe> {
  if (!isPath(nameOrPath) && !recipeNames().includes(nameOrPath)) {
    throw new Error(`no recipe '${nameOrPath}'.${didYouMean(nameOrPath, recipeNames())}`);
  }
  const path = recipePath(nameOrPath);
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  } catch (cause) {
    throw new Error(`recipe ${path} cannot be loaded: ${loadError(cause as Error, path)}`, { cause });
  }
  if (module.default === undefined) throw new Error(`recipe ${path} has no default export; write: export default defineRecipe({...})`);
  return parseRecipe(module.default, `recipe '${nameOrPath}'`, settings);
}
