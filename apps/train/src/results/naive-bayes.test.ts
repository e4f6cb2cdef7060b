import { expect, test } from 'vitest';
import { fitNaiveBayes } from './naive-bayes.ts';

// The worked example of Manning, Raghavan & Schütze (2008), table 13.1.
const bayes = fitNaiveBayes(
  [
    { tokens: ['chinese', 'beijing', 'chinese'], label: 1 },
    { tokens: ['chinese', 'chinese', 'shanghai'], label: 1 },
    { tokens: ['chinese', 'macao'], label: 1 },
    { tokens: ['tokyo', 'japan', 'chinese'], label: 0 },
  ],
  2,
);

test('answers the textbook example', () => {
  expect(bayes.classOf(['chinese', 'chinese', 'chinese', 'tokyo', 'japan'])).toBe(1);
  expect(bayes.classOf(['tokyo', 'japan'])).toBe(0);
});

test('without a known word the more frequent class wins', () => {
  expect(bayes.classOf([])).toBe(1);
  expect(bayes.classOf(['never', 'seen'])).toBe(1);
  expect(bayes.bytes).toBe((6 + 1) * 2 * 4);
});
