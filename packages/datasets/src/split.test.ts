import { expect, test } from 'vitest';
import { stratifiedSplit } from './split.ts';

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
