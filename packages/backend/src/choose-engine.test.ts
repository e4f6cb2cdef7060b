import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { automaticEngine, chooseEngine, forceEngine, requestedEngine } from './choose-engine.ts';
import type { Offer } from './engine.ts';
import { engines } from './engines/registry.ts';
import { startEngine } from './start-engine.ts';

const here = (device: 'cpu' | 'gpu'): Offer => ({
  available: true,
  device,
  description: `TensorFlow on a ${device}`,
  setup: () => expect.unreachable('auto only looks'),
});

const missing: Offer = { available: false, description: 'it is not installed', missing: 'Add it' };

describe('auto', () => {
  test('is tensorflow with a GPU', () => {
    expect(automaticEngine(here('gpu'))).toEqual({ name: 'tensorflow', reason: 'there is a GPU' });
  });

  test('is wasm on a CPU, and says why', () => {
    const reason = 'no GPU for the tensorflow engine, and on CPUs wasm is faster';
    expect(automaticEngine(here('cpu'))).toEqual({ name: 'wasm', reason });
    expect(automaticEngine(missing)).toEqual({ name: 'wasm', reason });
  });

  test('is wasm where a GPU is idle, and says what is missing', () => {
    expect(automaticEngine({ ...missing, idleGpu: 'NVIDIA L4' })).toEqual({
      name: 'wasm',
      reason: 'NVIDIA L4 is idle; the tensorflow engine: it is not installed. Add it',
      idleGpu: 'NVIDIA L4',
    });
    expect(automaticEngine({ ...here('cpu'), idleGpu: 'NVIDIA L4' })).toMatchObject({ name: 'wasm', idleGpu: 'NVIDIA L4' });
  });
});

test('wasm is offered everywhere, starts and stops', async () => {
  const choice = chooseEngine('wasm');
  expect(choice).toMatchObject({ name: 'wasm', reason: 'asked for', setup: { engine: 'wasm' } });
  expect(chooseEngine('wasm').setup).toBe(choice.setup);
  const engine = await startEngine(choice.setup);
  expect(engine).toMatchObject({ name: 'wasm' });
  expect(engine.describe()).toContain('WebAssembly');
  engine.stop();
  await expect((await startEngine(choice.setup)).name).toBe('wasm');
});

test.skipIf(engines.tensorflow().available)('an engine that is not here is refused with the command that adds it', () => {
  expect(() => chooseEngine('tensorflow')).toThrow(/^the tensorflow engine cannot run: .*npm run unroll -- engine add tensorflow/);
});

describe('what was asked for', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('is the command line, then UNROLL_ENGINE, then the recipe', () => {
    vi.stubEnv('UNROLL_ENGINE', '');
    expect(requestedEngine()).toBe('auto');
    expect(requestedEngine('tensorflow')).toBe('tensorflow');
    vi.stubEnv('UNROLL_ENGINE', 'wasm');
    expect(requestedEngine('tensorflow')).toBe('wasm');
    vi.stubEnv('UNROLL_ENGINE', 'tensorflwo');
    expect(() => requestedEngine()).toThrow("UNROLL_ENGINE: expected auto, wasm, tensorflow; got 'tensorflwo'");
    forceEngine('auto');
    expect(requestedEngine('tensorflow')).toBe('auto');
  });
});

test('npm ci installs no engine unasked', () => {
  const lock = JSON.parse(readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8')) as { packages: object };
  const installed = Object.keys(lock.packages).filter((path) => /@tensorflow\/tfjs(-node|-node-gpu)?$/.test(path));
  expect(installed).toEqual([]);
});
