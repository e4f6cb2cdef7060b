import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSpark, sparkline } from './sparkline.ts';

test('a sparkline goes from the lowest mark to the highest, and averages what does not fit', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([0, 0, 7, 7, 0, 0], 3)).toBe('▁█▁');
  expect(sparkline([5, 5], 8)).toBe('▁▁');
  expect(sparkline([], 8)).toBe('');
});

test('a growing sparkline shows means of equal stretches for any number of values', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), (length) => {
      const spark = createSpark(8);
      for (let i = 0; i < length; i++) spark.add(i);
      const text = spark.text();
      expect(text.length).toBe(Math.min(8, length));
      expect([...text].sort().join('')).toBe(text);
      if (length > 1) expect(text).toMatch(/^▁.*█$/);
    }),
  );
});
