import { dirname } from 'node:path';
import type { Artifact } from '@unroll/artifact/artifact.ts';
import { loadModel } from '@unroll/model/load-model.ts';
import { type Prepared, prepare } from '../data/prepare.ts';
import { loadRecipe, recipeNames } from '../recipe/load-recipe.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { readDescription, recipeOfRun } from '../run/run-directory.ts';

/**
 * The data that a model file was trained on, encoded for the file and split by its seed. Warns if the data have changed.
 * @param named the recipe, if the caller knows it; otherwise it comes from the run.json beside the file or from the model's name.
 */
export async function prepareForModel(path: string, artifact: Artifact, named: string | undefined, seed?: number): Promise<Prepared> {
  const recipe = named === undefined ? await recipeOf(path, artifact) : await loadRecipe(named);
  const prepared = prepare(recipe, seed ?? artifact.origin?.seed ?? 1, loadModel(artifact));
  if (artifact.origin && artifact.origin.data !== prepared.digest) {
    console.error("warning: these are not the data of the model's training; held-out rows may include training rows");
  }
  return prepared;
}

async function recipeOf(path: string, { name }: Artifact): Promise<Recipe> {
  const about = readDescription(dirname(path));
  if (about) return recipeOfRun(about);
  if (recipeNames().includes(name)) return loadRecipe(name);
  throw new Error(`no run.json beside ${path} and no recipe '${name}': pass the model's recipe with --recipe`);
}
