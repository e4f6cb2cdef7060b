import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { TrainEvent } from '../recipe/events.ts';
import { type Recipe, recipeSchema } from '../recipe/recipe.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../run/checkpoint.ts';
import { createCheckpoints } from '../run/checkpoints.ts';
import tinyExtra from '../testing/tiny-extra-recipe.ts';
import tiny from '../testing/tiny-recipe.ts';
import tinyRuled from '../testing/tiny-ruled-recipe.ts';
import tinyTranslator from '../testing/tiny-translator.ts';
import tinyWriter from '../testing/tiny-writer.ts';
import { type TrainOptions, train } from './train.ts';

const engine = chooseEngine('wasm').setup;
const recipes: [string, Recipe][] = [
  [
    'classifying, with batch statistics, dropout and early stopping',
    v.parse(recipeSchema, { ...tiny, training: { ...tiny.training, epochs: 4 } }),
  ],
  [
    'extra texts with probabilities, and word vectors',
    v.parse(recipeSchema, { ...tinyExtra, training: { ...tinyExtra.training, epochs: 3 } }),
  ],
  [
    'frozen, regularized and constrained weights, AMSGrad',
    v.parse(recipeSchema, { ...tinyRuled, training: { ...tinyRuled.training, epochs: 2 } }),
  ],
  ['pairs of texts, with two inputs', v.parse(recipeSchema, { ...tinyTranslator, training: { ...tinyTranslator.training, epochs: 5 } })],
  ['truncated BPTT, with an average of weights and reduceOnPlateau', v.parse(recipeSchema, tinyWriter)],
];
const fresh = () => join(mkdtempSync(join(tmpdir(), 'unroll-resume-')), 'checkpoints');
const checkpointsIn = (directory: string) => createCheckpoints({ directory, metrics: join(directory, 'metrics.jsonl'), keep: 3 });
const bits = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');

/** Trains until so many steps are done. */
function interrupted(recipe: Recipe, directory: string, updates: number, options: Partial<TrainOptions> = {}) {
  const abort = new AbortController();
  const onEvent = (event: TrainEvent) => event.type === 'step' && event.updates === updates && abort.abort();
  return train(recipe, { workers: 2, engine, checkpoints: { directory }, signal: abort.signal, onEvent, ...options });
}
const resumed = (recipe: Recipe, directory: string, options: Partial<TrainOptions> = {}) =>
  train(recipe, { workers: 2, engine, checkpoints: { directory }, resume: { force: false }, ...options });

describe.each(recipes)('%s', (_, recipe) => {
  test('ends bit-identical to the uninterrupted run, for any places and number of interruptions', async () => {
    const whole = await train(recipe, { workers: 2, engine });
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

test('the last checkpoints are kept, and a damaged one is replaced by the one before it', async () => {
  const directory = fresh();
  await interrupted(recipe, directory, 9, { checkpoints: { directory, keep: 2, everySeconds: 0 } });
  const names = readdirSync(directory).sort();
  expect(names).toEqual(['metrics.jsonl', 'step-000000008.safetensors', 'step-000000009.safetensors']);
  const newest = join(directory, names[2] as string);
  const bytes = readFileSync(newest);
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] as number) ^ 1;
  writeFileSync(newest, bytes);
  const damaged: string[] = [];
  const whole = await checkpointsIn(directory).latest((path, reason) => damaged.push(`${path}: ${reason}`));
  expect(whole?.state.updates).toBe(8);
  expect(damaged[0]).toMatch(/step-000000009\.safetensors: checkpoint: wrong digest/);
});

test('without a checkpoint a run resumes at its first step', async () => {
  const whole = await train(recipe, { workers: 2, engine });
  expect(bits((await resumed(recipe, fresh())).parameters)).toBe(bits(whole.parameters));
});

describe('the metrics of epochs', () => {
  const rows = (path: string) => readFileSync(path, 'utf8').trim().split('\n');

  test('are in a file that only grows, not in checkpoints; an incomplete or extra line does not matter', async () => {
    const directory = fresh();
    const metrics = join(directory, '..', 'metrics.jsonl');
    const checkpoints = { directory, metrics };
    await interrupted(recipe, directory, 12, { checkpoints });
    const written = readFileSync(metrics, 'utf8');
    const whole = await train(recipe, { workers: 2, engine });
    for (const extra of ['{"epoch":2,"los', written.replaceAll('"epoch":1', '"epoch":2'), '\n\n']) {
      writeFileSync(metrics, written + extra);
      const { state } = (await createCheckpoints({ ...checkpoints, keep: 3 }).latest(() => expect.unreachable())) ?? expect.unreachable();
      expect(state.history).toBeUndefined();
      await resumed(recipe, directory, { checkpoints, signal: AbortSignal.abort() });
      expect(rows(metrics)).toEqual(written.trim().split('\n'));
    }
    const { history, parameters } = await resumed(recipe, directory, { checkpoints });
    expect(bits(parameters)).toBe(bits(whole.parameters));
    expect(rows(metrics).map((line) => JSON.parse(line))).toEqual(history);
  });

  test('that a checkpoint needs but the file does not have make it count as damaged', async () => {
    const directory = fresh();
    await interrupted(recipe, directory, 12);
    rmSync(join(directory, 'metrics.jsonl'));
    const damaged: string[] = [];
    const onEvent = (event: TrainEvent) => event.type === 'damaged' && damaged.push(event.reason);
    const whole = await train(recipe, { workers: 2, engine });
    expect(bits((await resumed(recipe, directory, { onEvent })).parameters)).toBe(bits(whole.parameters));
    expect(damaged[0]).toMatch(/no such file or directory \(ENOENT\)/);
  });

  test('in checkpoints of older versions are read from there', async () => {
    const directory = fresh();
    await interrupted(recipe, directory, 12);
    const path = join(directory, 'step-000000012.safetensors');
    const { state, ...rest } = await decodeCheckpoint(readFileSync(path));
    const history = rows(join(directory, 'metrics.jsonl')).map((line) => JSON.parse(line));
    const old = { ...state, vector: 1, history };
    writeFileSync(path, await encodeCheckpoint({ state: old, ...rest }));
    rmSync(join(directory, 'metrics.jsonl'));
    const whole = await train(recipe, { workers: 2, engine });
    const { parameters } = await resumed(recipe, directory, { onEvent: ({ type }) => expect(type).not.toBe('damaged') });
    expect(bits(parameters)).toBe(bits(whole.parameters));
  });
});

describe('another number of epochs', () => {
  const withEpochs = (epochs: number, schedule: Recipe['training']['schedule']): Recipe => ({
    ...recipe,
    training: { ...recipe.training, epochs, schedule, earlyStopping: undefined },
  });

  test.each([
    undefined,
    { type: 'exponential', gamma: 0.5, warmup: 0 },
    { type: 'reduceOnPlateau', factor: 0.5, patience: 0, minFactor: 0, warmup: 0 },
  ] satisfies Recipe['training']['schedule'][])('is the same as from the start with %o', async (schedule) => {
    const directory = fresh();
    await train(withEpochs(2, schedule), { workers: 2, engine, checkpoints: { directory } });
    const longer = await resumed(withEpochs(4, schedule), directory);
    expect(bits(longer.parameters)).toBe(bits((await train(withEpochs(4, schedule), { workers: 2, engine })).parameters));
    expect(longer.history).toHaveLength(4);
  });

  test.each([
    { type: 'cosine', minFactor: 0, warmup: 0 },
    { type: 'constant', warmup: 0.1 },
  ] satisfies Recipe['training']['schedule'][])('is refused with %o, which spans all epochs', async (schedule) => {
    const directory = fresh();
    await interrupted(withEpochs(2, schedule), directory, 2);
    await expect(resumed(withEpochs(4, schedule), directory)).rejects.toThrow(
      'training.epochs: 2 in the checkpoint, 4 now; the learning-rate schedule spans all epochs, so their number cannot change',
    );
  });
});

describe('is refused', () => {
  test('with another recipe, and the error names the differences', async () => {
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

test('a failed write gives a warning, training continues, and the file is written once that is possible', async () => {
  const directory = fresh();
  mkdirSync(join(directory, '..'), { recursive: true });
  // A file in the directory's place fails every write, for root as well.
  writeFileSync(directory, 'in the way');
  const failed: string[] = [];
  const written: string[] = [];
  const { history } = await train(recipe, {
    ...{ workers: 2, engine, checkpoints: { directory, everySeconds: 0 } },
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
    const { state } =
      (await checkpointsIn(directory).latest(() => expect.unreachable('no checkpoint is ever half-written'))) ?? expect.unreachable();
    expect(state.updates).toBeGreaterThanOrEqual(Math.max(...said));
    expect(Math.min(...said)).toBe(lastSaved + 1);
    lastSaved = state.updates;
  }
  const whole = await train(recipe, { workers: 2, engine });
  expect(bits((await resumed(recipe, directory)).parameters)).toBe(bits(whole.parameters));
});
