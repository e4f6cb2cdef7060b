import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitShardCost, type ShardShape, shapeOf, shardTime } from './shard-cost.ts';

const shapes: ShardShape[] = [4, 8, 16, 32].flatMap((rows) => [5, 20, 60].map((steps) => ({ rows, steps, rowSteps: rows * steps * 0.8 })));

test('the fit finds the coefficients of exact times', () => {
  const coefficient = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e-3, noNaN: true }));
  const costs = fc.record({
    job: fc.double({ min: 1e-4, max: 1e-2, noNaN: true }),
    row: coefficient,
    step: coefficient,
    rowStep: coefficient,
  });
  fc.assert(
    fc.property(costs, (cost) => {
      const fitted = fitShardCost(shapes.map((shape) => ({ shape, seconds: shardTime(cost, shape) })));
      for (const shape of shapes) expect(shardTime(fitted, shape) / shardTime(cost, shape)).toBeCloseTo(1, 6);
    }),
  );
});

test('no coefficient is negative, whatever was measured, and one shape is enough', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 1e-4, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 }), (times) => {
      const { job, row, step, rowStep } = fitShardCost(shapes.map((shape, i) => ({ shape, seconds: times[i] as number })));
      expect(Math.min(job, row, step, rowStep)).toBeGreaterThanOrEqual(0);
    }),
  );
  const shape = { rows: 8, steps: 10, rowSteps: 80 };
  expect(shardTime(fitShardCost([1, 3].map((seconds) => ({ shape, seconds }))), shape)).toBeCloseTo(2, 6);
});

test('a shard has its rows, its longest row, and the steps of all', () => {
  const lengths = Int32Array.from([3, 7, 2, 0]);
  expect(shapeOf({ lengths }, { samples: Int32Array.from([0, 1]) })).toEqual({ rows: 2, steps: 7, rowSteps: 10 });
  const window = { starts: Int32Array.from([0, 9]), lengths: Int32Array.from([4, 4]), state: { row: 0, to: 0 } };
  expect(shapeOf({ lengths }, window as never)).toEqual({ rows: 2, steps: 4, rowSteps: 8 });
});
