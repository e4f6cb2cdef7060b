import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import { describe, expect, test } from 'vitest';
import { prepare } from '../data/prepare.ts';
import { planEpoch } from '../plan/epoch-plan.ts';
import { alone } from '../ranks/ranks.ts';
import { parseRecipe } from '../recipe/recipe.ts';
import tiny from '../testing/tiny-recipe.ts';
import { takeStep } from '../training/step.ts';
import { startPool } from './pool.ts';
import { allocate } from './shared-memory.ts';
import { splitThreads, type ThreadCounts } from './threads.ts';

describe('the threads of a run', () => {
  test('wasm: every thread computes, at most one a shard', () => {
    expect(splitThreads('wasm', 4, 8)).toEqual({ computing: 4, reducing: 0 });
    expect(splitThreads('wasm', 16, 8)).toEqual({ computing: 8, reducing: 0 });
  });

  test('tensorflow: one computes, the others reduce', () => {
    expect(splitThreads('tensorflow', 4, 8)).toEqual({ computing: 1, reducing: 3 });
    expect(splitThreads('tensorflow', 4, 1)).toEqual({ computing: 1, reducing: 3 });
    expect(splitThreads('tensorflow', 1, 8)).toEqual({ computing: 1, reducing: 0 });
  });
});

/** A model whose vector is long enough for several segments. */
const wide: (typeof tiny)['model'] = ({ vocabularySize, labels }) => ({
  input: { type: 'tokens', maxLength: 20 },
  layers: [
    { type: 'embedding', inputDim: vocabularySize, outputDim: 300 },
    { type: 'gru', units: 8, dropout: 0.1 },
    { type: 'batchNormalization' },
    { type: 'dense', units: 1 },
  ],
  task: { type: 'classify', labels: [...labels] },
});

/** The parameters after three steps, and how long each thread was busy. */
async function threeSteps(threads: ThreadCounts): Promise<{ parameters: string; busy: number[] }> {
  const recipe = parseRecipe({ ...tiny, model: wide, training: { ...tiny.training, ema: {} } }, 'tiny');
  const prepared = prepare(recipe, 1);
  const memory = allocate(prepared, chooseEngine('wasm').setup);
  const pool = startPool(memory, { threads, limitSeconds: 60, attempts: 1, onRetry: () => {} });
  try {
    const plans = planEpoch(prepared, 1, 0);
    let buffer: 0 | 1 = 0;
    for (let step = 0; step < 3; step++) {
      const { value: plan, done } = plans.next();
      if (done) throw new Error('the epoch has three steps');
      const key = [1, 'step', 1, step];
      const at = { epoch: 1, step };
      await takeStep({ pool, memory, ranks: alone }, recipe.training, {
        plan,
        buffer,
        learningRate: 0.01,
        updates: step,
        key,
        at,
        meanwhile: () => {},
      });
      buffer = buffer === 0 ? 1 : 0;
    }
    return { parameters: Buffer.from(memory.buffers[buffer].parameters).toString('hex'), busy: pool.takeBusy() };
  } finally {
    await pool.close();
  }
}

test('threads that only reduce give the bits of threads that do both', async () => {
  const both = await threeSteps({ computing: 2, reducing: 0 });
  const split = await threeSteps({ computing: 1, reducing: 2 });
  expect(split.parameters).toBe(both.parameters);
  const worked = ({ busy }: typeof both) => busy.map((milliseconds) => milliseconds > 0);
  expect(worked(both)).toEqual([true, true]);
  expect(worked(split)).toEqual([true, true, true]);
});
