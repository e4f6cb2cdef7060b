/** Recipes train to the same scores on the tensorflow engine as on wasm: `npm run test:engine`. */
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import type { EngineName } from '@unroll/backend/engine.ts';
import { engines } from '@unroll/backend/engines.ts';
import { describe, expect, test } from 'vitest';
import { loadRecipe } from './recipe/load-recipe.ts';
import { train } from './training/train.ts';

const offer = engines.tensorflow();
if (!offer.available) console.log(`recipes on the tensorflow engine skipped: ${offer.description}. ${offer.missing}`);

async function trainOn(engine: EngineName, name: string, epochs: number) {
  const recipe = await loadRecipe(name);
  const run = { ...recipe, training: { ...recipe.training, epochs } };
  const { final, history } = await train(run, { engine: chooseEngine(engine).setup });
  return { scores: final?.test.scores as Record<string, number>, loss: history.at(-1)?.loss as number };
}

describe.skipIf(!offer.available)('the tensorflow engine', () => {
  test.each([
    ['weather', 6],
    ['sentiment', 2],
  ])('%s trains to the same scores as on wasm', async (name, epochs) => {
    const wasm = await trainOn('wasm', name, epochs);
    const tensorflow = await trainOn('tensorflow', name, epochs);
    expect(tensorflow.loss).toBeCloseTo(wasm.loss, 2);
    expect(Object.keys(tensorflow.scores)).toEqual(Object.keys(wasm.scores));
    for (const [score, value] of Object.entries(wasm.scores)) {
      expect(Math.abs((tensorflow.scores[score] as number) - value), score).toBeLessThan(0.02 * Math.max(1, Math.abs(value)));
    }
  });
});
