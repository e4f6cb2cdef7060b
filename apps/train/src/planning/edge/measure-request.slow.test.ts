import { expect, test } from 'vitest';
import { prepare } from '../../data/prepare.ts';
import { parseRecipe } from '../../recipe/recipe.ts';
import tiny from '../../testing/tiny-recipe.ts';
import translator from '../../testing/tiny-translator.ts';
import { measureRequest } from './measure-request.ts';

test.each([tiny, translator])('a request of $name is timed as the edge answers it', async (recipe) => {
  const measured = await measureRequest(prepare(parseRecipe(recipe, recipe.name), 1));
  expect(measured.predictMs).toBeGreaterThan(0);
  expect(measured.steps).toBeGreaterThan(1);
  expect(measured.isolateBytes).toBeGreaterThan(measured.fileBytes);
});
