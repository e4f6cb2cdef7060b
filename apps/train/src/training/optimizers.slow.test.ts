/** Every optimizer resumes to the bit, on any number of workers. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import { optimizerSpec } from '@unroll/model/optimizers.ts';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import type { TrainEvent } from '../recipe/events.ts';
import { recipeSchema } from '../recipe/recipe.ts';
import tiny from '../testing/tiny-recipe.ts';
import { train } from './train.ts';

const engine = chooseEngine('wasm').setup;
const bits = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');

const types = optimizerSpec.options.map((option) => option.entries.type.literal);
const specs = [...types.map((type) => ({ type })), { type: 'adam', amsgrad: true }, { type: 'sgd', momentum: 0.9, nesterov: true }];

test.each(specs)('%j', async (optimizer) => {
  const recipe = v.parse(recipeSchema, {
    ...tiny,
    training: { ...tiny.training, epochs: 2, optimizer: { weightDecay: 0.01, ...optimizer } },
  });
  const checkpoints = { directory: join(mkdtempSync(join(tmpdir(), 'unroll-optimizers-')), 'checkpoints') };
  const whole = await train(recipe, { workers: 1, engine });
  for (const updates of [3, 11]) {
    const abort = new AbortController();
    const onEvent = (event: TrainEvent) => event.type === 'step' && event.updates === updates && abort.abort();
    await train(recipe, { workers: 2, engine, checkpoints, signal: abort.signal, onEvent, resume: { force: false } });
  }
  const resumed = await train(recipe, { workers: 3, engine, checkpoints, resume: { force: false } });
  expect(bits(resumed.parameters)).toBe(bits(whole.parameters));
});
