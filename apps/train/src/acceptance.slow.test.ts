/** The README's figures of the recipes, on the real data: `npm run test:slow`. moby-dick takes a quarter of an hour and runs only with UNROLL_TEST_MOBY_DICK=1. */
import { expect, test } from 'vitest';
import { loadRecipe } from './recipe/load-recipe.ts';
import { train } from './training/train.ts';

async function scoresOf(recipe: string) {
  const { final } = await train(await loadRecipe(recipe));
  return final?.test.scores as NonNullable<typeof final>['test']['scores'];
}

test('the weather recipe forecasts tomorrow better than persistence', async () => {
  const scores = await scoresOf('weather');
  expect(scores['MAE temp_max +1']).toBeLessThan(2.24);
});

test('a GRU solves the adding problem over 200 steps; guessing has a mean error of 0.33', async () => {
  expect((await scoresOf('adding'))['MAE sum']).toBeLessThan(0.05);
});

test('a GRU copies four letters after 191 blanks, where guessing is right once in eight times', async () => {
  expect((await scoresOf('copy')).accuracy).toBeGreaterThan(0.9);
});

test.runIf(process.env.UNROLL_TEST_MOBY_DICK)('moby-dick needs at most 2 bits a character', async () => {
  expect((await scoresOf('moby-dick')).bitsPerToken).toBeLessThan(2);
});
