import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileWasmModules } from '@unroll/backend/node.ts';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { TrainEvent } from '../recipe/events.ts';
import { type Recipe, recipeSchema } from '../recipe/recipe.ts';
import { latestCheckpoint } from '../run/checkpoints.ts';
import tiny from '../testing/tiny-recipe.ts';
import tinyWriter from '../testing/tiny-writer.ts';
import { type TrainOptions, train } from './train.ts';

const wasm = compileWasmModules();
const recipes: [string, Recipe][] = [
  [
    'classifying, with batch statistics, dropout and early stopping',
    v.parse(recipeSchema, { ...tiny, training: { ...tiny.training, epochs: 4 } }),
  ],
  ['truncated BPTT, with an average of weights and reduceOnPlateau', v.parse(recipeSchema, tinyWriter)],
];
const fresh = () => join(mkdtempSync(join(tmpdir(), 'unroll-resume-')), 'checkpoints');
const bits = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');

/** Trains until so many steps are done. */
function interrupted(recipe: Recipe, directory: string, updates: number, options: Partial<TrainOptions> = {}) {
  const abort = new AbortController();
  const onEvent = (event: TrainEvent) => event.type === 'step' && event.updates === updates && abort.abort();
  return train(recipe, { workers: 2, wasm, checkpoints: { directory }, signal: abort.signal, onEvent, ...options });
}
const resumed = (recipe: Recipe, directory: string, options: Partial<TrainOptions> = {}) =>
  train(recipe, { workers: 2, wasm, checkpoints: { directory }, resume: { force: false }, ...options });

describe.each(recipes)('%s', (_, recipe) => {
  test('ends bit-identical to the uninterrupted run, wherever and however often it was interrupted', async () => {
    const whole = await train(recipe, { workers: 2, wasm });
    const directory = fresh();
    await interrupted(recipe, directory, 2);
    await interrupted(recipe, directory, 9, { resume: { force: false } });
    await interrupted(recipe, directory, 26, { resume: { force: false }, workers: 1 });
    const { parameters, history, final, stopped } = await resumed(recipe, directory);
    expect(bits(parameters)).toBe(bits(whole.parameters));
    expect(final).toEqual(whole.final);
    expect(stopped).toBe(whole.stopped);
    const exact = (rows: typeof history) => rows.map(({ seconds, sequencesPerSecond, ...row }) => row);
    expect(exact(history)).toEqual(exact(whole.history));
  });
});

const [[, recipe]] = recipes as [[string, Recipe]];

test('the last ones are kept, and a damaged one is passed over for the one before', async () => {
  const directory = fresh();
  await interrupted(recipe, directory, 9, { checkpoints: { directory, keep: 2, everySeconds: 0 } });
  const names = readdirSync(directory).sort();
  expect(names).toEqual(['step-000000008.safetensors', 'step-000000009.safetensors']);
  const newest = join(directory, names[1] as string);
  const bytes = readFileSync(newest);
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] as number) ^ 1;
  writeFileSync(newest, bytes);
  const damaged: string[] = [];
  const { state } = await latestCheckpoint(directory, (path, reason) => damaged.push(`${path}: ${reason}`));
  expect(state.updates).toBe(8);
  expect(damaged[0]).toMatch(/step-000000009\.safetensors: checkpoint: wrong digest/);
});

describe('is refused', () => {
  test('where there is nothing to go on from', async () => {
    await expect(resumed(recipe, fresh())).rejects.toThrow('resume: there is no checkpoint to go on from in');
  });

  test('with another recipe, and it says what differs', async () => {
    const directory = fresh();
    await interrupted(recipe, directory, 2);
    const other = { ...recipe, training: { ...recipe.training, clipNorm: 2 } };
    await expect(resumed(other, directory)).rejects.toThrow('training.clipNorm: 1 in the checkpoint, 2 now');
    await expect(resumed(recipe, directory, { seed: 2 })).rejects.toThrow('seed: 1 in the checkpoint, 2 now');
  });

  test('on changed data, unless it is forced', async () => {
    const directory = fresh();
    await interrupted(recipe, directory, 2);
    const { data } = recipe;
    if (data.type !== 'texts') throw new Error('the recipe has texts');
    const load = () => {
      const whole = data.load();
      return { ...whole, samples: whole.samples.map((sample, i) => (i === 3 ? { ...sample, text: `great ${sample.text}` } : sample)) };
    };
    const changed = { ...recipe, data: { ...data, load } };
    await expect(resumed(changed, directory)).rejects.toThrow(/the data changed since this run began .* pass --force/);
    const forced = await resumed(changed, directory, { resume: { force: true } });
    expect(forced.stopped).not.toBe('aborted');
  });
});

test('a disk that cannot be written to is warned of, and training goes on; it writes again when it can', async () => {
  const directory = fresh();
  mkdirSync(join(directory, '..'), { recursive: true });
  // A file in the directory's place fails every write, for root as well.
  writeFileSync(directory, 'in the way');
  const failed: string[] = [];
  const written: string[] = [];
  const { history } = await train(recipe, {
    ...{ workers: 2, wasm, checkpoints: { directory, everySeconds: 0 } },
    onEvent(event) {
      if (event.type === 'writeFailed') failed.push(event.reason);
      if (event.type === 'checkpoint') written.push(event.path);
      if (event.type === 'epoch' && event.epoch === 1) rmSync(directory);
    },
  });
  expect(history.length).toBeGreaterThan(1);
  expect(failed.length).toBeGreaterThan(3);
  expect(failed[0]).toMatch(/EEXIST|ENOTDIR/);
  expect(written.length).toBeGreaterThan(3);
});

test('kill -9 at any moment loses no more than the steps since the last checkpoint', async () => {
  const directory = fresh();
  const script = join(directory, '..', 'run.mjs');
  const file = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
  writeFileSync(
    script,
    `import { train } from ${file('train.ts')};
import { parseRecipe } from ${file('../recipe/recipe.ts')};
import tiny from ${file('../testing/tiny-recipe.ts')};
const recipe = parseRecipe({ ...tiny, training: { ...tiny.training, epochs: 4 } }, 'tiny');
const resume = process.argv[2] === 'resume' ? { force: false } : undefined;
const { parameters } = await train(recipe, {
  workers: 2, resume, checkpoints: { directory: ${JSON.stringify(directory)}, everySeconds: 0 },
  onEvent: (event) => event.type === 'checkpoint' && console.log('saved', event.path),
});
console.log('done', Buffer.from(parameters.buffer).toString('hex').length);`,
  );
  let lastSaved = 0;
  for (const [round, afterSaves] of [5, 3, 8].entries()) {
    const child = spawn(process.execPath, [script, round > 0 ? 'resume' : ''], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    while ((output.match(/saved/g) ?? []).length < afterSaves && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    child.kill('SIGKILL');
    await once(child, 'close');
    const said = [...output.matchAll(/step-(\d+)/g)].map(([, step]) => Number(step));
    const { state } = await latestCheckpoint(directory, () => expect.unreachable('no checkpoint is ever half-written'));
    expect(state.updates).toBeGreaterThanOrEqual(Math.max(...said));
    expect(Math.min(...said)).toBe(lastSaved + 1);
    lastSaved = state.updates;
  }
  const whole = await train(recipe, { workers: 2, wasm });
  expect(bits((await resumed(recipe, directory)).parameters)).toBe(bits(whole.parameters));
});
