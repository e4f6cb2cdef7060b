import { expect, test } from 'vitest';
import { interleave, median } from './interleave.ts';

test('contestants take turns, two rounds unmeasured', () => {
  const order: string[] = [];
  const times = interleave({ a: () => order.push('a'), b: () => order.push('b') }, 3);
  expect(order.join('')).toBe('ababababab');
  expect(Object.keys(times)).toEqual(['a', 'b']);
  expect(times.a).toBeGreaterThanOrEqual(0);
});

test('the median is the middle value', () => {
  expect(median([5, 1, 9])).toBe(5);
  expect(median([])).toBeNaN();
});
