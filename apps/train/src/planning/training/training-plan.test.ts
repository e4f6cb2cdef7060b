import { describe, expect, test } from 'vitest';
import { batchOf, calibration, cluster } from '../testing/calibrations.ts';
import { planTraining, powersUpTo } from './training-plan.ts';

const shapes = (count: number) => Array.from({ length: count }, () => ({ rows: 1, steps: 1, rowSteps: 1 }));
const workload = { steps: [batchOf(2, 2, 2, 2)], stepsPerEpoch: 10, sequencesPerStep: 8, scoring: [{ jobs: shapes(4), times: 3 }] };
/** Only gradients take time. */
const free = {
  ...calibration,
  sumPerFloat: 0,
  updatePerFloat: 0,
  ranks: { source: 'test', memory: { latency: 0, secondsPerByte: 0 }, perMessage: 0, addPerFloat: 0 },
};
const network = { latency: 0, secondsPerByte: 0 };

describe('a plan', () => {
  const plan = planTraining(free, workload, { ...cluster, ranks: 8, network });

  test('has a row for each power of 2 and the wanted number', () => {
    expect(plan.rows.map(({ ranks }) => ranks)).toEqual([1, 2, 4, 8]);
    expect(planTraining(free, workload, { ...cluster, ranks: 6 }).rows.map(({ ranks }) => ranks)).toEqual([1, 2, 4, 6]);
  });

  test('compares with one rank', () => {
    expect(plan.rows.map(({ stepTotal }) => stepTotal)).toEqual([8, 4, 2, 2]);
    expect(plan.rows.map(({ speedUp }) => speedUp)).toEqual([1, 2, 4, 4]);
    expect(plan.rows.map(({ efficiency }) => efficiency)).toEqual([1, 1, 1, 0.5]);
    expect(plan.rows.map(({ sequencesPerSecond }) => sequencesPerSecond)).toEqual([1, 2, 4, 4]);
  });

  test('an epoch is its steps and its validation', () => expect(plan.rows.map(({ epoch }) => epoch)).toEqual([86, 43, 21.5, 21.5]));

  test('the best number of ranks is the smallest of the fastest', () => expect(plan.best.ranks).toBe(4));

  test('a slow network makes one rank the best', () => {
    const slow = planTraining(free, workload, { ...cluster, ranks: 8, network: { latency: 5, secondsPerByte: 0 } });
    expect(slow.best.ranks).toBe(1);
    expect(slow.rows[1]?.speedUp).toBeLessThan(1);
  });

  test('every algorithm is there to compare', () => {
    const { allReduce } = planTraining(free, workload, { ...cluster, ranks: 4, network: { latency: 0, secondsPerByte: 1e-6 } });
    expect(allReduce.ring).toBeCloseTo(2 * 0.75 * 4000 * 1e-6, 9);
    expect(allReduce.tree).toBeCloseTo(2 * 2 * 4000 * 1e-6, 9);
    // One part: three links forward, three back.
    expect(allReduce.chain).toBeCloseTo(6 * 4000 * 1e-6, 9);
    // Each rank sends three others a quarter of its vector, then of the total.
    expect(allReduce.owners).toBeCloseTo(2 * 3 * 1000 * 1e-6, 9);
  });
});

test.each([
  [1, 4, [1]],
  [8, 1, [1, 2, 4, 8]],
  [20, 1, [1, 2, 4, 8, 16, 20]],
  [10, 4, [1, 2, 3, 4, 5, 6, 7, 8, 10]],
])('numbers of ranks up to %d', (last, between, numbers) => expect(powersUpTo(last, between)).toEqual(numbers));
