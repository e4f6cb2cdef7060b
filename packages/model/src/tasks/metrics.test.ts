import { expect, test } from 'vitest';
import { accuracy, classScores, confusionMatrix } from './metrics.ts';

const matrix = confusionMatrix([0, 0, 1, 1, 1, 2], [0, 1, 1, 1, 0, 1], 3);

test('counts rows by truth and columns by prediction', () => {
  expect(matrix).toEqual([
    [1, 1, 0],
    [1, 2, 0],
    [0, 1, 0],
  ]);
  expect(accuracy(matrix)).toBe(0.5);
});

test('scores classes as scikit-learn does with zero_division=0', () => {
  expect(classScores(matrix)).toEqual([
    { precision: 0.5, recall: 0.5, f1: 0.5, support: 2 },
    { precision: 0.5, recall: 2 / 3, f1: (2 * 0.5 * (2 / 3)) / (0.5 + 2 / 3), support: 3 },
    { precision: 0, recall: 0, f1: 0, support: 1 },
  ]);
});

test('refuses a class out of range', () => {
  expect(() => confusionMatrix([0], [3], 3)).toThrow('expected classes below 3, got 0 and 3');
});
