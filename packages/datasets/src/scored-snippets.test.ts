import { expect, test } from 'vitest';
import { createNearDuplicateCheck } from './near-duplicates.ts';
import { loadReviewSentences } from './review-sentences.ts';
import { loadScoredSnippets, readScoredSnippets } from './scored-snippets.ts';

test('every snippet has a text, a score from -4 to 4 and an origin; none occurs again', () => {
  const snippets = readScoredSnippets();
  expect(snippets).toHaveLength(23_324);
  expect(new Set(snippets.map(({ text }) => text)).size).toBe(snippets.length);
  expect(snippets).toContainEqual({ text: 'Effective but too tepid biopic', score: -0.6, origin: 'movie' });
  for (const { text, score, origin } of snippets) {
    expect(text.trim()).toBe(text);
    expect(Math.abs(score)).toBeLessThanOrEqual(4);
    expect(['movie', 'product', 'news', 'tweet']).toContain(origin);
  }
});

test('the probability of positive rises with the score', () => {
  const { samples, labels } = loadScoredSnippets();
  expect(labels).toEqual(loadReviewSentences().labels);
  const [negative = 0, positive = 0] = (samples.find(({ text }) => text === 'Effective but too tepid biopic')?.label ?? []) as number[];
  expect(positive).toBeCloseTo(1 / (1 + Math.exp(0.6)), 12);
  expect(negative + positive).toBe(1);
});

test('none nearly repeats a review sentence', { timeout: 120_000 }, () => {
  const repeats = createNearDuplicateCheck(loadReviewSentences().samples.map(({ text }) => text));
  expect(readScoredSnippets().filter(({ text }) => repeats(text))).toEqual([]);
});
