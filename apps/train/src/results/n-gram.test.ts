import { expect, test } from 'vitest';
import { fitNGram } from './n-gram.ts';

const ids = Int32Array.from({ length: 600 }, (_, i) => 1 + (i % 3));

test('probabilities of all tokens sum to 1', () => {
  const model = fitNGram(ids, 3, 5);
  const probabilities = [0, 1, 2, 3, 4].map((id) => 2 ** -(model.bits([1, 2, id], 0, 3) - model.bits([1, 2], 0, 2)));
  expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
});

test('a repeating sequence costs almost nothing with a history, and log2 of the choices without one', () => {
  const informed = fitNGram(ids, 3, 4);
  expect(informed.bits(ids, 0, 600) / 600).toBeLessThan(0.05);
  const blind = fitNGram(ids, 1, 4);
  expect(blind.bits(ids, 0, 600) / 600).toBeCloseTo(Math.log2(3), 1);
});

test('ids above 65,535 are different tokens of a history', () => {
  const after = [7, 8, 65_536 + 7, 9];
  const model = fitNGram(
    Int32Array.from({ length: 400 }, (_, i) => after[i % 4] as number),
    2,
    70_000,
  );
  const bitsAfter = (first: number, second: number) => model.bits([first, second], 0, 2) - model.bits([first], 0, 1);
  expect(bitsAfter(7, 8)).toBeLessThan(0.1);
  expect(bitsAfter(65_536 + 7, 9)).toBeLessThan(0.1);
});
