import { createRandom } from '@unroll/model/random.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutIntoShards, planEpoch } from './plan.ts';

const lengthOf = (sample: number) => (sample * 7919) % 23;

test('an epoch holds every sample once, in steps of the batch size, in shards of nearly one size', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 6 }),
      (count, batch, shards) => {
        const samples = Int32Array.from({ length: count }, (_, i) => i * 3);
        const steps = planEpoch(samples, { globalBatchSize: batch, shards, lengthOf }, createRandom('plan'));
        expect(steps.flatMap((step) => step.flatMap((shard) => [...shard])).sort((a, b) => a - b)).toEqual([...samples]);
        for (const step of steps) {
          const sizes = step.map(({ length }) => length);
          expect(sizes.length).toBeLessThanOrEqual(shards);
          expect(Math.min(...sizes)).toBeGreaterThan(0);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          expect(sizes.reduce((a, b) => a + b)).toBeLessThanOrEqual(batch);
        }
      },
    ),
  );
});

test('a plan is a function of its key, and another epoch another plan', () => {
  const samples = Int32Array.from({ length: 100 }, (_, i) => i);
  const plan = (epoch: number) => planEpoch(samples, { globalBatchSize: 8, shards: 2, lengthOf }, createRandom(1, epoch));
  expect(plan(1)).toEqual(plan(1));
  expect(plan(1)).not.toEqual(plan(2));
});

test('batches hold samples of about one length', () => {
  const samples = Int32Array.from({ length: 2000 }, (_, i) => i);
  const padding = (steps: readonly (readonly Int32Array[])[]) => {
    const shards = steps.flat();
    const padded = shards.reduce((sum, shard) => sum + Math.max(...Array.from(shard, lengthOf)) * shard.length, 0);
    const real = shards.reduce((sum, shard) => sum + Array.from(shard, lengthOf).reduce((a, b) => a + b), 0);
    return padded / real;
  };
  const bucketed = planEpoch(samples, { globalBatchSize: 32, shards: 4, lengthOf }, createRandom(1));
  const random = cutIntoShards(Int32Array.from(createRandom(1).permutation(2000)), 250).map((shard) => [shard]);
  expect(padding(bucketed)).toBeLessThan(1.2);
  expect(padding(bucketed)).toBeLessThan(padding(random));
});
