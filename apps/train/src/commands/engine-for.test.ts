import type { Artifact } from '@unroll/artifact/artifact.ts';
import { engines } from '@unroll/backend/engines.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { engineFor } from './engine-for.ts';

const modelOf = (dtype: 'int8' | 'float32') => ({ weights: { 'dense_0/kernel': { dtype } } }) as unknown as Artifact;

describe('the engine that runs a model file', () => {
  beforeEach(() => {
    vi.stubEnv('UNROLL_ENGINE', '');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test('is wasm for an int8 model, also if its recipe trains on another engine', () => {
    expect(engineFor(modelOf('int8')).name).toBe('wasm');
    expect(engineFor(modelOf('int8'), 'tensorflow').name).toBe('wasm');
    vi.stubEnv('UNROLL_ENGINE', 'auto');
    expect(engineFor(modelOf('int8'), 'tensorflow').name).toBe('wasm');
    expect(engineFor(modelOf('float32'), 'wasm').name).toMatch(/^(wasm|tensorflow)$/);
  });

  test.skipIf(engines.tensorflow().available)('is the named one otherwise: an error where it is missing', () => {
    expect(() => engineFor(modelOf('float32'), 'tensorflow')).toThrow('the tensorflow engine cannot run');
    vi.stubEnv('UNROLL_ENGINE', 'tensorflow');
    expect(() => engineFor(modelOf('int8'))).toThrow('the tensorflow engine cannot run');
  });
});
