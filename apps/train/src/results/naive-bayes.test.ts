import { expect, test } from 'vitest';
import { fitNaiveBayes } from './naive-bayes.ts';

// The worked example of Manning, Raghavan & Schütze (2008), table 13.1.
const china = { probabilities: [0, 1], weight: 1 };
const other = { probabilities: [1, 0], weight: 1 };
const texts = [
  { tokens: ['chinese', 'beijing', 'chinese'], ...china },
  { tokens: ['chinese', 'chinese', 'shanghai'], ...china },
  { tokens: ['chinese', 'macao'], ...china },
  { tokens: ['tokyo', 'japan', 'chinese'], ...other },
];
const bayes = fitNaiveBayes(texts, 2);

test('answers the textbook example', () => {
  expect(bayes.classOf(['chinese', 'chinese', 'chinese', 'tokyo', 'japan'])).toBe(1);
  expect(bayes.classOf(['tokyo', 'japan'])).toBe(0);
});

test('a text without a known word gets the more frequent class', () => {
  expect(bayes.classOf([])).toBe(1);
  expect(bayes.classOf(['never', 'seen'])).toBe(1);
});

test('knows pairs of words', () => {
  const [good, bad] = [
    { probabilities: [0, 1], weight: 1 },
    { probabilities: [1, 0], weight: 1 },
  ];
  const judge = fitNaiveBayes(
    [
      { tokens: ['not', 'good'], ...bad },
      { tokens: ['good', 'not'], ...good },
    ],
    2,
  );
  expect([judge.classOf(['not', 'good']), judge.classOf(['good', 'not'])]).toEqual([0, 1]);
  // Two words and two pairs at two log-likelihoods, and two priors.
  expect(judge.bytes).toBe((2 + 2 + 1) * 2 * 4);
});

test('a text with probabilities or a weight counts as that many texts', () => {
  const tokens = ['tokyo', 'macao'];
  const asked = [['tokyo'], ['macao'], ['macao', 'beijing'], []];
  const soft = fitNaiveBayes([...texts, { tokens, probabilities: [0.75, 0.25], weight: 4 }], 2);
  const hard = fitNaiveBayes([...texts, ...[other, other, other, china].map((one) => ({ tokens, ...one }))], 2);
  expect(asked.map((words) => soft.classOf(words))).toEqual(asked.map((words) => hard.classOf(words)));
});
