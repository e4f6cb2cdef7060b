import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectedMaximum, stragglerFactor } from './stragglers.ts';

test('the maximum of draws from {1, 2}, by hand', () => {
  expect(expectedMaximum([2, 1], 1)).toBe(1.5);
  expect(expectedMaximum([1, 2], 2)).toBe(1.75);
  expect(expectedMaximum([1, 2], 3)).toBe(1.875);
});

test('more draws are never less, from the mean up to the largest', () => {
  const samples = fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(samples, fc.integer({ min: 1, max: 500 }), (sample, count) => {
      const mean = sample.reduce((a, b) => a + b, 0) / sample.length;
      expect(expectedMaximum(sample, 1)).toBeCloseTo(mean, 9);
      expect(expectedMaximum(sample, count + 1)).toBeGreaterThanOrEqual(expectedMaximum(sample, count) - 1e-9);
      expect(expectedMaximum(sample, count)).toBeLessThanOrEqual(Math.max(...sample) + 1e-9);
    }),
  );
});

test('equal jobs have no stragglers, one thread waits for none, and longer queues even out', () => {
  expect(stragglerFactor([1, 1, 1], 64, 1)).toBeCloseTo(1, 12);
  expect(stragglerFactor([0.5, 1, 1.5], 1, 1)).toBeCloseTo(1, 12);
  expect(stragglerFactor([1, 2], 2, 1) - 1).toBeCloseTo(1 / 6, 12);
  expect(stragglerFactor([1, 2], 2, 4) - 1).toBeCloseTo(1 / 12, 12);
});
