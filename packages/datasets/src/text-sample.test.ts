import { describe, expect, test } from 'vitest';
import { checkDataset, classOf, type TextSample } from './text-sample.ts';

const dataset = (...samples: TextSample[]) => ({ name: 'x', labels: ['a', 'b', 'c'], source: '', samples });
const hard = [
  { text: 'one', label: 0 },
  { text: 'two', label: 2 },
];

describe('probabilities for labels', () => {
  test('may be mixed with labels', () =>
    expect(() => checkDataset(dataset(...hard, { text: 'x', label: [0.25, 0.5, 0.25] }))).not.toThrow());
  test.each([
    ['of too few labels', [0.5, 0.5], '"x" has 2 probabilities; expected one for each of a, b, c'],
    ['that do not sum to 1', [0.5, 0.5, 0.5], 'the probabilities of "x" sum to 1.5; expected 1'],
    ['below 0', [-0.5, 1, 0.5], 'a probability of "x" is -0.5; expected a number from 0 to 1'],
    ['above 1', [0, 1.5, 0], 'a probability of "x" is 1.5; expected a number from 0 to 1'],
    ['that are no numbers', [0, Number.NaN, 1], 'a probability of "x" is NaN; expected a number from 0 to 1'],
  ])('%s are refused', (_, label, message) => {
    expect(() => checkDataset(dataset(...hard, { text: 'x', label }))).toThrow(`data set 'x': ${message}`);
  });
  test('the class is the most probable one', () => {
    expect([classOf(2), classOf([0.2, 0.5, 0.3]), classOf([0.5, 0.5, 0])]).toEqual([2, 1, 0]);
  });
  test('of one class only', () => {
    expect(() => checkDataset(dataset({ text: 'x', label: 1 }, { text: 'y', label: [0.1, 0.8, 0.1] }))).toThrow("one class only, 'b'");
  });
});
