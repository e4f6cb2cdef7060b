import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import type { EngineSetup } from '@unroll/backend/engine.ts';
import * as v from 'valibot';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { TrainEvent } from '../recipe/events.ts';
import { type Recipe, recipeSchema } from '../recipe/recipe.ts';
import type { Fault } from '../testing/faulty-shard.ts';
import tiny from '../testing/tiny-recipe.ts';
import tinyRuled from '../testing/tiny-ruled-recipe.ts';
import tinyWriter from '../testing/tiny-writer.ts';
import { train } from '../training/train.ts';

const engine = chooseEngine('wasm').setup;
const file = new URL('../testing/faulty-shard.ts', import.meta.url);
const bits = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
const short = (recipe: object) => v.parse(recipeSchema, { ...recipe, training: { ...(recipe as Recipe).training, epochs: 1 } });
const recipe = short(tiny);
const writer = short(tinyWriter);
const ruled = short(tinyRuled);

afterEach(() => {
  delete process.env.UNROLL_TEST_FAULT;
});

function withFault(fault: Omit<Fault, 'directory'>) {
  const directory = mkdtempSync(join(tmpdir(), 'unroll-fault-'));
  process.env.UNROLL_TEST_FAULT = JSON.stringify({ ...fault, directory });
}

let wanted: Record<string, string>;
beforeAll(async () => {
  const of = async (which: Recipe) => bits((await train(which, { workers: 2, engine })).parameters);
  wanted = { [recipe.name]: await of(recipe), [writer.name]: await of(writer), [ruled.name]: await of(ruled) };
});

describe('a worker that fails costs a retry on a fresh one, and no bit', () => {
  test.each<[Fault['kind'], Fault['job'], RegExp, Recipe]>([
    ['error', 'gradient', /Cannot read properties of undefined/, recipe],
    ['throw', 'gradient', /thrown on purpose/, recipe],
    ['exit', 'gradient', /exit/, recipe],
    ['exit', 'gradient', /exit/, writer],
    ['hang', 'gradient', /no answer within 10 s/, recipe],
    ['memory', 'gradient', /memory limit/, recipe],
    ['exit half-way', 'sum', /exit/, recipe],
    ['exit half-way', 'update', /exit/, recipe],
    ['exit half-way', 'update', /exit/, writer],
    ['exit half-way', 'update', /exit/, ruled],
    ['throw', 'score', /thrown on purpose/, recipe],
  ])('%s in a job of type %s', async (kind, job, reason, which) => {
    withFault({ kind, job, times: 2 });
    const retries: Extract<TrainEvent, { type: 'retry' }>[] = [];
    const onEvent = (event: TrainEvent) => event.type === 'retry' && retries.push(event);
    const { parameters } = await train(which, { workers: 2, engine, onEvent, faults: { file, limitSeconds: kind === 'hang' ? 10 : 60 } });
    expect(bits(parameters)).toBe(wanted[which.name]);
    // Jobs that wait for a thread are not late.
    expect(retries).toHaveLength(2);
    expect(retries[0]?.reason).toMatch(reason);
  });
});

test("an error that the worker's own code throws twice is not tried a third time", async () => {
  withFault({ kind: 'error', job: 'gradient', times: 1000 });
  const retries: Extract<TrainEvent, { type: 'retry' }>[] = [];
  const onEvent = (event: TrainEvent) => event.type === 'retry' && retries.push(event);
  const failing = train(recipe, { workers: 1, engine, onEvent, faults: { file } });
  await expect(failing).rejects.toMatchObject({
    name: 'JobFailed',
    repeats: true,
    message: expect.stringMatching(/failed 2 times: Cannot read/),
  });
  expect(retries.filter(({ attempt }) => attempt > 1)).toEqual([]);
});

test('a shard that always fails stops the run with its samples and a checkpoint of the last step', async () => {
  withFault({ kind: 'throw', job: 'gradient', times: 1000 });
  const directory = join(mkdtempSync(join(tmpdir(), 'unroll-fault-')), 'checkpoints');
  const failing = train(recipe, { workers: 1, engine, checkpoints: { directory }, faults: { file } });
  await expect(failing).rejects.toThrow(/^gradient of shard \d failed 3 times: thrown on purpose\. Its samples \d+(, \d+)+/);
  expect(readdirSync(directory)).toEqual(['metrics.jsonl', 'step-000000000.safetensors']);
  delete process.env.UNROLL_TEST_FAULT;
  const { parameters } = await train(recipe, { workers: 2, engine, checkpoints: { directory }, resume: { force: false } });
  expect(bits(parameters)).toBe(wanted[recipe.name]);
});

test('a shard that does not fit into the memory of a device: the error says which size may', async () => {
  withFault({ kind: 'throw', job: 'gradient', times: 1000, message: 'OOM when allocating tensor with shape[8,20,8] and type float' });
  await expect(train(recipe, { workers: 1, engine, faults: { file } })).rejects.toThrow(
    /OOM when allocating .* Its samples \d+.* A shard of 8 rows does not fit .* one of 4 needs half as much/,
  );
});

test('a device that is lost: the error says so, and the run resumes from a checkpoint of the last step', async () => {
  withFault({ kind: 'throw', job: 'update', times: 3, message: 'GPU sync failed: CUDA_ERROR_ILLEGAL_ADDRESS' });
  const checkpoints = { directory: join(mkdtempSync(join(tmpdir(), 'unroll-fault-')), 'checkpoints') };
  await expect(train(recipe, { workers: 1, engine, checkpoints, faults: { file } })).rejects.toMatchObject({
    name: 'JobFailed',
    repeats: false,
    message: expect.stringMatching(/CUDA_ERROR_ILLEGAL_ADDRESS.*The device stopped computing: see what nvidia-smi and dmesg report$/),
  });
  const { parameters } = await train(recipe, { workers: 2, engine, checkpoints, resume: { force: false } });
  expect(bits(parameters)).toBe(wanted[recipe.name]);
});

test('an engine that does not start in a worker ends the run at once, with the reason', async () => {
  const retries: TrainEvent[] = [];
  const notThere: EngineSetup = { engine: 'tensorflow', folder: '/nowhere', package: '@tensorflow/tfjs-node', device: 'cpu' };
  const failing = train(recipe, { workers: 3, engine: notThere, onEvent: (event) => event.type === 'retry' && retries.push(event) });
  await expect(failing).rejects.toMatchObject({
    name: 'EngineNotStarted',
    message: expect.stringMatching(/^the tensorflow engine does not start in a worker: .*\/nowhere/),
  });
  expect(retries).toEqual([]);
});
