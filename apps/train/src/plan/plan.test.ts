import { createRandom } from '@unroll/model/random.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SampleRows } from './rows.ts';
import { countBatches, planSamples } from './samples.ts';
import { countWindows, planStreams } from './streams.ts';

const parameters = fc.record({
  samples: fc.integer({ min: 1, max: 500 }),
  globalBatchSize: fc.integer({ min: 1, max: 70 }),
  shards: fc.integer({ min: 1, max: 8 }),
});
const lengthOf = (sample: number) => (sample * 37) % 41;
const plan = (samples: number, options: { globalBatchSize: number; shards: number }, seed = 1) =>
  [
    ...planSamples(
      Int32Array.from({ length: samples }, (_, i) => i),
      { ...options, lengthOf },
      createRandom(seed),
    ),
  ] as SampleRows[][];

describe('planSamples', () => {
  test('an epoch has every sample once, in shards that are never empty and differ in size by at most one', () => {
    fc.assert(
      fc.property(parameters, ({ samples, ...options }) => {
        const batches = plan(samples, options);
        expect(batches).toHaveLength(countBatches(samples, options.globalBatchSize));
        const seen = batches.flat().flatMap((rows) => [...rows.samples]);
        expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: samples }, (_, i) => i));
        for (const batch of batches) {
          const sizes = batch.map((rows) => rows.samples.length);
          expect(Math.min(...sizes)).toBeGreaterThan(0);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          expect(batch.length).toBeLessThanOrEqual(options.shards);
        }
      }),
    );
  });

  test('depends only on the seed, and every epoch differs', () => {
    const options = { globalBatchSize: 16, shards: 2 };
    expect(plan(200, options, 1)).toEqual(plan(200, options, 1));
    expect(plan(200, options, 1)).not.toEqual(plan(200, options, 2));
  });

  test('buckets hold samples of similar length, so little is padded', () => {
    const padding = (batches: SampleRows[][]) =>
      batches.flat().reduce((sum, { samples }) => {
        const lengths = Array.from(samples, lengthOf);
        return sum + lengths.reduce((total, length) => total + Math.max(...lengths) - length, 0);
      }, 0);
    const bucketed = padding(plan(480, { globalBatchSize: 32, shards: 2 }));
    const order = createRandom(3).permutation(480);
    const unsorted = Array.from({ length: 30 }, (_, i) => [{ samples: order.slice(i * 16, (i + 1) * 16) }]);
    expect(bucketed).toBeLessThan(0.35 * padding(unsorted));
  });
});

describe('planStreams', () => {
  const streams = fc.record({
    // A long corpus has more than 2³¹ steps.
    start: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 2 ** 31 - 500, max: 2 ** 40 })),
    length: fc.integer({ min: 1, max: 900 }),
    bpttSteps: fc.integer({ min: 1, max: 60 }),
    shards: fc.integer({ min: 1, max: 5 }),
    streams: fc.integer({ min: 1, max: 20 }),
  });

  test('reads every step once; each window continues at the end of the one before, with its state', () => {
    fc.assert(
      fc.property(streams, (given) => {
        const options = { ...given, streams: Math.min(given.streams, given.length) };
        const batches = [...planStreams(options)];
        expect(batches).toHaveLength(countWindows(options));
        const seen: number[] = [];
        const ends = new Map<number, number>();
        for (const [window, batch] of batches.entries()) {
          for (const { starts, lengths, state } of batch) {
            expect(state.from).toBe(window === 0 ? undefined : (window - 1) % 2);
            expect(state.to).toBe(window % 2);
            for (const [i, from] of starts.entries()) {
              const row = state.row + i;
              const length = lengths[i] as number;
              if (window > 0 && length > 0) expect(from).toBe(ends.get(row));
              ends.set(row, from + length);
              for (let t = 0; t < length; t++) seen.push(from + t);
            }
          }
        }
        expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: given.length }, (_, i) => given.start + i));
      }),
    );
  });
});
