import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupedSplit, stratifiedSplit } from './split.ts';

const reversed = (n: number) => Array.from({ length: n }, (_, i) => n - 1 - i);

test('every sample is in one part, every part has the labels in proportion', () => {
  const labels = Array.from({ length: 1000 }, (_, i) => (i % 4 === 0 ? 1 : 0));
  const { train, validation, test: held } = stratifiedSplit(labels, { validation: 0.1, test: 0.2 }, reversed);
  expect([train.length, validation.length, held.length]).toEqual([700, 100, 200]);
  expect([...train, ...validation, ...held].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
  for (const part of [train, validation, held]) {
    expect(part.filter((index) => labels[index] === 1).length / part.length).toBe(0.25);
  }
});

test('a part lists its samples in the random order, not label by label', () => {
  const labels = Array.from({ length: 100 }, (_, i) => (i < 50 ? 0 : 1));
  const interleaved = (n: number) => Array.from({ length: n }, (_, i) => (i % 2 ? 50 + (i - 1) / 2 : i / 2));
  const { train } = stratifiedSplit(labels, { validation: 0.1, test: 0.1 }, interleaved);
  expect([...train.slice(0, 6)].map((index) => labels[index])).toEqual([0, 1, 0, 1, 0, 1]);
});

test('too few samples are refused', () => {
  expect(() => stratifiedSplit([0, 1, 0], { validation: 0.1, test: 0.2 }, reversed)).toThrow(
    'split: 3 samples of 2 classes leave none for validation; with a share of 0.1, a class needs 5',
  );
});

test('groups stay together, and small groups give parts of the wanted sizes', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 60 }), { minLength: 100, maxLength: 200 }), fc.infiniteStream(fc.nat()), (numbers, dice) => {
      const shuffled = (n: number) => {
        const keys = Array.from({ length: n }, () => dice.next().value as number);
        return [...keys.keys()].sort((a, b) => (keys[a] as number) - (keys[b] as number));
      };
      const split = groupedSplit(numbers.map(String), { validation: 0.2, test: 0.2 }, shuffled);
      const parts = [split.train, split.validation, split.test];
      expect(parts.flatMap((part) => [...part]).sort((a, b) => a - b)).toEqual([...numbers.keys()]);
      const largest = Math.max(...numbers.map((group) => numbers.filter((other) => other === group).length));
      for (const held of [split.validation, split.test]) {
        expect(held.length).toBeGreaterThanOrEqual(Math.round(0.2 * numbers.length));
        expect(held.length).toBeLessThan(Math.round(0.2 * numbers.length) + largest);
      }
      const groups = parts.map((part) => new Set(Array.from(part, (i) => numbers[i])));
      expect(groups.reduce((sum, { size }) => sum + size, 0)).toBe(new Set(numbers).size);
    }),
    { numRuns: 30 },
  );
});

test('too few groups are refused', () => {
  expect(() => groupedSplit(['a', 'a', 'b', 'b'], { validation: 0.2, test: 0.2 }, reversed)).toThrow(
    'split: 4 samples in 2 groups leave none for train; give more data or other shares',
  );
});
