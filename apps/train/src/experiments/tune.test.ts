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

test('settings are drawn from where the recipe says, the same for the same seed', async () => {
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
  test('halves its way up, and what reaches the top is what training it at once would give', async () => {
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

  test('that was interrupted goes on from the trials it knows, to the same end', async () => {
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
