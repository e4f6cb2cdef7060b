import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseRecipe, type Settings } from '../recipe/recipe.ts';
import tunable from '../testing/tunable-recipe.ts';
import { train } from '../training/train.ts';
import { sample, type TunedTrial, type TuneOptions, tune } from './tune.ts';

const recipeOf = async (settings: Settings) => parseRecipe(tunable, 'tunable', settings);

async function search(options: Partial<TuneOptions> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'unroll-tune-'));
  const defaults = { trials: 6, eta: 2, minEpochs: 1, maxEpochs: 4, seed: 1, workers: 1, known: [], onTrial: async () => {} };
  return tune(await recipeOf({}), { ...defaults, directory, signal: new AbortController().signal, recipeOf, ...options });
}

test("settings are drawn from the recipe's search, and the same seed draws the same", async () => {
  const { search: space } = await recipeOf({});
  const drawn = Array.from({ length: 50 }, (_, i) => sample(space, 1, i));
  for (const { units = 0, learningRate = 0 } of drawn) {
    expect([2, 4, 8]).toContain(units);
    expect(learningRate).toBeGreaterThanOrEqual(1e-4);
    expect(learningRate).toBeLessThanOrEqual(1e-1);
  }
  expect(drawn.filter(({ learningRate = 0 }) => learningRate < 3e-3).length).toBeGreaterThan(12);
  expect(Array.from({ length: 50 }, (_, i) => sample(space, 1, i))).toEqual(drawn);
  expect(sample(space, 2, 0)).not.toEqual(drawn[0]);
});

describe('a search', () => {
  test('halves the trials at each rung, and a trial at the top equals one trained without a stop', async () => {
    const { trials, picked } = await search();
    expect(trials).toHaveLength(6);
    const top = trials.filter(({ rungs }) => rungs.length === 3);
    expect(top.length).toBeGreaterThanOrEqual(1);
    expect(top.length).toBeLessThan(6);
    for (const { settings, score, epochs } of top) {
      expect(epochs).toBe(4);
      const { best } = await train(await recipeOf(settings), { workers: 2, seed: 1 });
      expect(best?.validation.loss).toBe(score);
    }
    const best = Math.min(...trials.map(({ score }) => score));
    const sure = trials.find(({ score }) => score === best) as TunedTrial;
    expect(picked?.score).toBeLessThanOrEqual(best + sure.standardError);
    expect(picked?.parameters).toBe(
      Math.min(...trials.filter(({ score }) => score <= best + sure.standardError).map((trial) => trial.parameters)),
    );
  });

  test('that was interrupted resumes from its known trials and ends the same', async () => {
    const whole = await search();
    const directory = mkdtempSync(join(tmpdir(), 'unroll-tune-'));
    const stop = new AbortController();
    let seen = 0;
    const { trials } = await search({ directory, signal: stop.signal, onTrial: async () => void (++seen === 4 && stop.abort()) });
    expect(trials.length).toBeLessThan(6);
    const resumed = await search({ directory, known: trials });
    expect(resumed.trials).toEqual(whole.trials);
    expect(resumed.picked).toEqual(whole.picked);
  });
});
