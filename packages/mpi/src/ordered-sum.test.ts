import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ranksInMemory } from '../testing/ranks-in-memory.ts';
import { chainSum } from './chain-sum.ts';
import type { OrderedSum, Ranks } from './ordered-sum.ts';
import { inboxFloats, ownerSum } from './owner-sum.ts';

/** Values whose float32 sum depends on the order of additions. */
const vector = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898 + seed * 78.233) * 10 ** ((i + seed) % 9));

/** Contiguous blocks of shards, as the trainer deals them; or any other numbers that leave rank 0 one. */
const dealt = fc.record({ ranks: fc.integer({ min: 1, max: 9 }), shards: fc.integer({ min: 1, max: 20 }) }).map(({ ranks, shards }) => {
  const edge = (r: number) => Math.ceil((r * shards) / ranks);
  return Array.from({ length: ranks }, (_, r) => edge(r + 1) - edge(r));
});
const arbitrary = fc
  .array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 7 })
  .map(([first = 0, ...rest]) => [first + 1, ...rest]);

const cases = fc.record({
  counts: fc.oneof(dealt, arbitrary),
  length: fc.integer({ min: 0, max: 200 }),
  messageFloats: fc.integer({ min: 1, max: 80 }),
  block: fc.integer({ min: 1, max: 50 }),
  accumulated: fc.boolean(),
  delays: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 9 }),
});

type Algorithm = (mpi: Ranks, sum: OrderedSum, messageFloats: number) => Promise<void>;

const algorithms: [string, Algorithm][] = [
  ['a chain', chainSum],
  ['owners', (mpi, sum, floats) => ownerSum(mpi, sum, floats, new Float32Array(inboxFloats(mpi.rank, sum.counts, floats)))],
];

describe.each(algorithms)('%s', (_, algorithm) => {
  test('adds in the order of one process, for any ranks, addends, length and size of messages', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ counts, length, messageFloats, block, accumulated, delays }) => {
        const before = accumulated ? vector(length, 99) : undefined;
        const shards = counts.map((count, rank) => Array.from({ length: count }, (_, i) => vector(length, 10 * rank + i)));
        const [first = new Float32Array(length), ...rest] = [...(before ? [before] : []), ...shards.flat()];
        const expected = first.slice();
        for (const shard of rest) for (const [i, value] of shard.entries()) expected[i] = (expected[i] as number) + value;

        await Promise.all(
          ranksInMemory(counts.length, delays).map(async (mpi) => {
            // Two sums follow each other without a pause.
            for (let round = 0; round < 2; round++) {
              const total = new Float32Array(length).fill(Number.NaN);
              let end = 0;
              const onPart = (from: number, to: number) => {
                expect(from).toBe(end);
                expect(from % block).toBe(0);
                expect(total.subarray(from, to)).toEqual(expected.subarray(from, to));
                end = to;
              };
              const addends = shards[mpi.rank] as Float32Array[];
              await algorithm(mpi, { total, addends, counts, before, block, onPart }, messageFloats);
              expect(total).toEqual(expected);
              expect(end).toBe(length);
            }
          }),
        );
      }),
    );
  });
});
