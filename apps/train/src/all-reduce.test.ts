import { expect, test } from 'vitest';
import { clipByNorm, globalNorm, sumSlots } from './all-reduce.ts';

test('slots are summed in shard order, in float32', () => {
  // (1e8 + 1) - 1e8 loses the 1, 1e8 - 1e8 + 1 keeps it: the order shows.
  const [a, b, c] = [1e8, 1, -1e8].map((value) => Float32Array.of(value));
  expect(sumSlots([a, b, c].map((slot) => (slot as Float32Array).slice()))[0]).toBe(0);
  expect(sumSlots([a, c, b].map((slot) => (slot as Float32Array).slice()))[0]).toBe(1);
});

test('clipping scales to the norm and leaves smaller gradients alone', () => {
  const gradient = Float32Array.of(3, 4);
  expect(globalNorm(gradient)).toBe(5);
  clipByNorm(gradient, 5, 10);
  expect([...gradient]).toEqual([3, 4]);
  clipByNorm(gradient, 5, 1);
  expect(globalNorm(gradient)).toBeCloseTo(1, 6);
});
