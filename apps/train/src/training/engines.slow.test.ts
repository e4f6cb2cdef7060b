/** The same recipes on both engines: `npm run test:engine`. Skipped where the tensorflow engine is not installed. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import type { EngineName } from '@unroll/backend/engine.ts';
import { engines } from '@unroll/backend/engines.ts';
import { describe, expect, test } from 'vitest';
import { loadRecipe } from '../recipe/load-recipe.ts';
import { parseRecipe, type Recipe } from '../recipe/recipe.ts';
import tiny from '../testing/tiny-recipe.ts';
import tinyWriter from '../testing/tiny-writer.ts';
import { type TrainOptions, type TrainResult, train } from './train.ts';

const offer = engines.tensorflow();
if (!offer.available) console.log(`skipped: the tensorflow engine: ${offer.description}. ${offer.missing}`);
const bits = ({ parameters }: TrainResult) => Buffer.from(parameters.buffer, parameters.byteOffset, parameters.byteLength).toString('hex');
const on = (engine: EngineName, recipe: Recipe, options: TrainOptions = {}) =>
  train(recipe, { workers: 2, ...options, engine: chooseEngine(engine).setup });
const withEpochs = (recipe: Recipe, epochs: number): Recipe => ({ ...recipe, training: { ...recipe.training, epochs } });

describe.skipIf(!offer.available)('a recipe on wasm and on tensorflow', () => {
  const sentences = parseRecipe(tiny, 'tiny');
  const writer = parseRecipe(tinyWriter, 'tiny-writer');

  test.each([sentences, writer])('$name: the losses of every epoch agree', async (recipe) => {
    const [wasm, tensorflow] = [await on('wasm', recipe), await on('tensorflow', recipe)];
    expect(tensorflow.history).toHaveLength(wasm.history.length);
    for (const [i, { loss, validation }] of wasm.history.entries()) {
      expect(tensorflow.history[i]?.loss).toBeCloseTo(loss, 4);
      expect(tensorflow.history[i]?.validation.loss).toBeCloseTo(validation.loss, 4);
    }
  });

  test('a run on tensorflow has the same bits for any number of workers, and if it is interrupted', async () => {
    const whole = bits(await on('tensorflow', writer));
    expect(bits(await on('tensorflow', writer, { workers: 1 }))).toBe(whole);
    const checkpoints = { directory: mkdtempSync(join(tmpdir(), 'unroll-engines-')) };
    const enough = new AbortController();
    await on('tensorflow', writer, {
      checkpoints,
      signal: enough.signal,
      onEvent: (event) => event.type === 'step' && event.updates === 7 && enough.abort(),
    });
    const resume = { force: false };
    await expect(on('wasm', writer, { checkpoints, resume })).rejects.toThrow('the tensorflow engine trained this run');
    expect(bits(await on('tensorflow', writer, { checkpoints, resume }))).toBe(whole);
  });

  // Rounding grows with the number of steps: sentences at the threshold may change sides.
  test.each([
    ['weather', 40, 'MAE temp_max +1', 0.02],
    ['sentiment', 1, 'accuracy', 0.01],
  ])('%s: the test scores agree after %i epochs', async (name, epochs, metric, within) => {
    const recipe = withEpochs(await loadRecipe(name), epochs);
    const [wasm, tensorflow] = [await on('wasm', recipe), await on('tensorflow', recipe)];
    const [wanted, got] = [wasm, tensorflow].map(({ final }) => final?.test.scores[metric] as number) as [number, number];
    expect(Math.abs(got - wanted)).toBeLessThan(within * wanted);
  });

  test('the memory of a run on tensorflow stays flat', async () => {
    const megabytes: number[] = [];
    await on('tensorflow', withEpochs(writer, 12), {
      onEvent: (event) => event.type === 'epoch' && megabytes.push(process.memoryUsage.rss() / 2 ** 20),
    });
    expect((megabytes.at(-1) as number) - (megabytes[3] as number)).toBeLessThan(32);
  });
});
