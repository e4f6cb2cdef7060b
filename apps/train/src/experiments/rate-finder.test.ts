import { expect, test } from 'vitest';
import { createRateFinder, rateAt } from './rate-finder.ts';

test('rates grow evenly on a logarithmic scale', () => {
  const rate = rateAt(1e-4, 1, 5);
  expect([0, 1, 2, 3, 4].map(rate).map((value) => Math.round(Math.log10(value) * 1e6) / 1e6)).toEqual([-4, -3, -2, -1, 0]);
});

test('finds the rates where a loss falls, and ends the sweep where it explodes', () => {
  const finder = createRateFinder();
  const rate = rateAt(1e-6, 10, 200);
  let stoppedAt = 0;
  for (let step = 0; step < 200 && stoppedAt === 0; step++) {
    const learningRate = rate(step);
    // A sigmoid fall around 1e-3, an explosion from 1e-1 on.
    const loss = 1 - 0.8 / (1 + (1e-3 / learningRate) ** 2) + (learningRate > 0.1 ? (learningRate * 30) ** 2 : 0);
    if (finder.add(learningRate, loss) === 'stop') stoppedAt = step;
  }
  const { steepest, lowest, points } = finder.finding();
  expect(stoppedAt).toBeGreaterThan(0);
  expect(points).toHaveLength(stoppedAt + 1);
  expect(steepest).toBeGreaterThan(5e-4);
  expect(steepest).toBeLessThan(5e-3);
  expect(lowest).toBeGreaterThan(steepest);
  expect(lowest).toBeLessThan(0.3);
});

test('too few steps give no finding', () => {
  const finder = createRateFinder();
  finder.add(1, 1);
  expect(() => finder.finding()).toThrow('1 steps are too few for a finding');
});
