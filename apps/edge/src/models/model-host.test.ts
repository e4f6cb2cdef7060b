/** Models in memory: loaded once, kept within a budget, and invalid files with a correct digest. In workerd, on real kernels. */

import * as tf from '@tensorflow/tfjs-core';
import { DIGEST_PLACEHOLDER, seal } from '@unroll/artifact/digest.ts';
import { decodeSafetensors, encodeSafetensors } from '@unroll/artifact/safetensors.ts';
import tfjs from '@unroll/backend/tfjs-serving.wasm';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import kernels from '@unroll/kernels/serving.wasm';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTelemetry } from '../http/telemetry.ts';
import { type TinyModel, tinyForecaster, tinyModel, tinyWriter } from '../testing/tiny-model.ts';
import { createModelHost, hostModel } from './model-host.ts';

beforeAll(() => startWasmBackend({ tfjs, kernels }));

describe('a host', () => {
  const alive = () => undefined;
  const start = async () => {
    const models = await Promise.all([1, 2, 3].map((seed) => tinyModel('tiny', { seed })));
    const telemetry = createTelemetry();
    const host = createModelHost(async () => undefined, telemetry);
    const reads: number[] = [];
    const sources = models.map(({ digest, bytes }, i) => ({
      digest,
      read: async () => {
        reads.push(i);
        return bytes;
      },
    }));
    return { host, sources, reads, telemetry, bytes: models[0]?.bytes.length ?? 0 };
  };
  type Source = { digest: string; read: () => Promise<Uint8Array> };

  test('loads a model once for simultaneous requests', async () => {
    const { host, sources, reads } = await start();
    const digests = await Promise.all(Array.from({ length: 5 }, () => host.use(sources[0] as Source, 1e9, ({ digest }) => digest, alive)));
    expect(new Set(digests)).toEqual(new Set([sources[0]?.digest]));
    expect(reads).toEqual([0]);
  });

  test('drops and frees the least recently used model beyond its budget', async () => {
    const { host, sources, reads, bytes } = await start();
    const [a, b, c] = sources as [Source, Source, Source];
    const use = (source: Source) => host.use(source, bytes * 2.5, () => undefined, alive);
    await use(a);
    await use(b);
    const full = tf.memory().numTensors;
    await use(a);
    await use(c);
    expect(tf.memory().numTensors).toBe(full);
    await use(a);
    expect(reads).toEqual([0, 1, 2]);
    await use(b);
    expect(reads).toEqual([0, 1, 2, 1]);
  });

  test('never drops a model in use', async () => {
    const { host, sources } = await start();
    const [a, b] = sources as [Source, Source];
    const answer = await host.use(
      a,
      1,
      async ({ predictor }) => {
        await host.use(b, 1, () => undefined, alive);
        return predictor.predict(['the food']).predictions.length;
      },
      alive,
    );
    expect(answer).toBe(1);
  });

  test('a load that failed is tried again', async () => {
    const { host, sources } = await start();
    const [a] = sources as [Source];
    let failures = 1;
    const shaky = { ...a, read: () => (failures-- > 0 ? Promise.reject(new Error('no answer')) : a.read()) };
    await expect(host.use(shaky, 1e9, () => undefined, alive)).rejects.toThrow('no answer');
    expect(await host.use(shaky, 1e9, ({ digest }) => digest, alive)).toBe(a.digest);
  });
});

describe('an invalid model file with a correct digest is refused or works, and leaves nothing behind', () => {
  /** A file with another description of the same tensors. */
  async function withDescription(bytes: Uint8Array, change: (description: unknown) => unknown): Promise<Uint8Array> {
    const { tensors, metadata } = decodeSafetensors(bytes);
    const description = change(JSON.parse(metadata['unroll.model'] as string));
    const changed = { ...metadata, 'unroll.digest': DIGEST_PLACEHOLDER, 'unroll.model': JSON.stringify(description) };
    const encoded = encodeSafetensors({ tensors, metadata: changed });
    await seal(encoded);
    return encoded;
  }

  /** Puts `value` in some place of a JSON document. */
  function replaced(document: unknown, path: readonly number[], value: unknown): unknown {
    const [first, ...rest] = path;
    if (first === undefined || typeof document !== 'object' || document === null) return value;
    const entries = Object.entries(document);
    if (entries.length === 0) return value;
    const [name, inner] = entries[first % entries.length] as [string, unknown];
    const changed = replaced(inner, rest, value);
    if (!Array.isArray(document)) return { ...document, [name]: changed };
    return document.with(Number(name), changed);
  }

  async function survives(bytes: Uint8Array): Promise<void> {
    const before = tf.memory().numTensors;
    try {
      const { predictor } = await hostModel(bytes);
      try {
        predictor.predict([predictor.reader.example]);
      } finally {
        predictor.dispose();
      }
    } catch (error) {
      expect((error as Error).message.length).toBeGreaterThan(10);
      expect(error).not.toBeInstanceOf(RangeError);
    }
    expect(tf.memory().numTensors).toBe(before);
  }

  const small = fc.oneof(
    fc.constantFrom(0, -1, 1, 2, 7, 1e9, 1.5, '', 'lstm', 'gru', 'tokens', null, true, [], {}),
    fc.jsonValue({ maxDepth: 1 }),
  );
  test.each([
    ['classifier', tinyModel],
    ['language model', tinyWriter],
    ['forecaster', tinyForecaster],
  ])('%s', async (_, make) => {
    const { bytes } = (await make('tiny')) as TinyModel;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(30), { minLength: 1, maxLength: 6 }), small, async (path, value) => {
        await survives(await withDescription(bytes, (description) => replaced(description, path, value)));
      }),
      { numRuns: 300 },
    );
  });

  test('or with any byte changed, or cut off anywhere', async () => {
    const { bytes } = await tinyModel('tiny');
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), async (at, value, length) => {
        const changed = bytes.slice(0, length);
        changed[at] = value;
        await survives(changed);
      }),
      { numRuns: 500 },
    );
  });
});
