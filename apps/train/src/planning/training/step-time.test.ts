import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchOf, calibration, cluster } from '../testing/calibrations.ts';
import { deal, linksOf } from './cluster.ts';
import { stepTime, totalOf } from './step-time.ts';

const shared = { ...cluster, ranksPerMachine: cluster.ranks };
const four = batchOf(2, 2, 2, 2);

describe('gradients', () => {
  test.each([
    ['one worker computes all shards', { ...cluster, ranks: 1 }, four, 8],
    ['two workers share them', { ...cluster, ranks: 1, workers: 2 }, four, 4],
    ['two ranks share them', { ...cluster, ranks: 2 }, four, 4],
    ['the largest shard decides', cluster, batchOf(1, 5, 1, 1), 5],
    ['a worker takes the next shard when it is free', { ...cluster, ranks: 1, workers: 2 }, batchOf(3, 1, 1, 1), 3],
    ['ranks without a shard do not help', { ...cluster, ranks: 8 }, four, 2],
    ['four ranks on two cores take turns', shared, four, 4],
    ['batches of a step follow each other', cluster, [...four, ...four], 4],
  ])('%s', (_, ranks, batches, seconds) => expect(stepTime(calibration, ranks, batches).gradients).toBeCloseTo(seconds, 9));

  test('a busy neighbour slows a job down', () => {
    const slower = { ...calibration, contention: 1.5 };
    expect(stepTime(slower, { ...cluster, ranks: 1, workers: 2 }, four).gradients).toBeCloseTo(6, 9);
    expect(stepTime(slower, { ...cluster, ranks: 4, ranksPerMachine: 2 }, four).gradients).toBeCloseTo(3, 9);
    expect(stepTime(slower, cluster, four).gradients).toBeCloseTo(2, 9);
  });

  test('everyone waits for the slowest', () => {
    const uneven = { ...calibration, jobs: [0.5, 1.5].map((seconds) => ({ fitted: 1, seconds })) };
    const one = stepTime(uneven, { ...cluster, ranks: 1 }, batchOf(1));
    const several = stepTime({ ...uneven, jobs: [...uneven.jobs, ...uneven.jobs, ...uneven.jobs] }, cluster, batchOf(1, 1, 1, 1));
    expect(one.stragglers).toBeCloseTo(0, 9);
    // The maximum of four draws from {0.5, 1.5}: 1.5 - 1/16.
    expect(several.stragglers).toBeCloseTo(0.4375, 9);
    // In turns the jobs take twice as long, but the slowest is late by the same time.
    const turns = stepTime({ ...uneven, jobs: [...uneven.jobs, ...uneven.jobs, ...uneven.jobs] }, shared, batchOf(1, 1, 1, 1));
    expect([turns.gradients, turns.stragglers]).toEqual([2, several.stragglers]);
  });
});

test('one rank sums in its workers and sends nothing; several take the faster of chain and owners', () => {
  const alone = stepTime(calibration, { ...cluster, ranks: 1 }, four);
  expect(alone.allReduce).toBeCloseTo(1000 * 4 * 1e-5, 9);
  // Owners, two ranks of two shards: both send 2 · 2000 bytes and add 4 · 500 floats, then send 2000 bytes of the total.
  const owners = 0.01 + 2 * 2000 * 1e-5 + 500 * 4 * 1e-5 + 0.01 + 2000 * 1e-5;
  expect(stepTime(calibration, { ...cluster, ranks: 2 }, four).allReduce).toBeCloseTo(owners, 9);
  // A chain in memory: the additions of 1000 floats of four shards, and a message there and back.
  const inMemory = 2 * 0.001 + 1000 * 4 * 1e-5;
  expect(stepTime(calibration, { ...shared, ranks: 2 }, four).allReduce).toBeCloseTo(inMemory, 9);
  // A second batch has the sum of the first as one more addend.
  const two = stepTime(calibration, { ...shared, ranks: 2 }, [...four, ...four]).allReduce;
  expect(two).toBeCloseTo(2 * inMemory + 1000 * 1e-5, 9);
  // Every rank computes the norm of all parameters.
  const norm = stepTime({ ...calibration, normPerFloat: 1e-6 }, { ...shared, ranks: 2 }, four).allReduce;
  expect(norm).toBeCloseTo(inMemory + 1e-3, 9);
});

test('every rank updates all parameters, and planning counts only where it takes longer than the gradients', () => {
  expect(stepTime(calibration, cluster, four).update).toBeCloseTo(0.1, 9);
  expect(stepTime(calibration, shared, four).update).toBeCloseTo(0.2, 9);
  expect(stepTime({ ...calibration, planning: 1 }, cluster, four).input).toBe(0);
  expect(stepTime({ ...calibration, planning: 3 }, cluster, four).input).toBeCloseTo(1, 9);
});

test('messages: one for each round of jobs and for the update, and the decision to go on', () => {
  const time = (ranks: number) => stepTime({ ...calibration, dispatch: 0.5 }, { ...cluster, ranks }, four).dispatch;
  expect(time(1)).toBeCloseTo(2.5, 9);
  // Rank 0 handles four messages of each other rank; the last ones cross the network.
  expect(time(4)).toBeCloseTo(1 + 2 * 0.01 + 12 * 0.001, 9);
});

const clusters = fc.record({
  ranks: fc.integer({ min: 1, max: 40 }),
  workers: fc.integer({ min: 1, max: 8 }),
  ranksPerMachine: fc.integer({ min: 1, max: 8 }),
  network: fc.record({
    latency: fc.double({ min: 0, max: 0.01, noNaN: true }),
    secondsPerByte: fc.double({ min: 0, max: 1e-3, noNaN: true }),
  }),
});
const batches = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 }).map((rows) => batchOf(...rows));

test('a faster network, more cores and a smaller model are never slower', () => {
  fc.assert(
    fc.property(clusters, batches, fc.double({ min: 0, max: 1, noNaN: true }), (ranks, shards, share) => {
      const time = (c = calibration, r = ranks) => totalOf(stepTime(c, r, shards));
      const network = { latency: share * ranks.network.latency, secondsPerByte: share * ranks.network.secondsPerByte };
      const limit = time() * (1 + 1e-9);
      expect(time(calibration, { ...ranks, network })).toBeLessThanOrEqual(limit);
      expect(time({ ...calibration, machine: { ...calibration.machine, cores: 4 } })).toBeLessThanOrEqual(limit);
      expect(time({ ...calibration, parameters: 500 })).toBeLessThanOrEqual(limit);
    }),
  );
});

test('shards are dealt in order, in blocks that differ by at most one', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1 }), fc.integer({ min: 1, max: 20 }), (items, ranks) => {
      const blocks = deal(items, ranks);
      expect(blocks.flat()).toEqual(items);
      expect(blocks).toHaveLength(ranks);
      const sizes = blocks.map((block) => block.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(sizes[0]).toBeGreaterThan(0);
    }),
  );
});

test('ranks of a machine talk through memory, machines over the network', () => {
  const memory = { latency: 1, secondsPerByte: 0 };
  const { network } = cluster;
  expect(linksOf({ ...cluster, ranks: 5, ranksPerMachine: 2 }, memory)).toEqual([memory, network, memory, network]);
  expect(linksOf({ ...cluster, ranks: 1 }, memory)).toEqual([]);
});
