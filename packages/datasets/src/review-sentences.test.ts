import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadReviewSentences } from './review-sentences.ts';

test('holds the real sentences, balanced and each once', () => {
  const { samples, labels } = loadReviewSentences();
  expect(labels).toEqual(['negative', 'positive']);
  expect(samples.length).toBeGreaterThan(2950);
  expect(new Set(samples.map(({ text }) => text.toLowerCase())).size).toBe(samples.length);
  expect(samples).toContainEqual({ text: 'Wow... Loved this place.', label: 1 });
  const positive = samples.filter(({ label }) => label === 1).length;
  expect(Math.abs(positive / samples.length - 0.5)).toBeLessThan(0.01);
});

describe('a bad directory is refused by file and reason', () => {
  const directoryWith = (content: string | undefined) => {
    const directory = mkdtempSync(join(tmpdir(), 'unroll-'));
    if (content !== undefined) for (const site of ['amazon', 'imdb', 'yelp']) writeFileSync(join(directory, `${site}.json`), content);
    return directory;
  };
  test.each([
    ['missing', undefined, 'amazon.json; reinstall it with: npm ci'],
    ['cut off', '[{"text":"a","cla', 'amazon.json is not JSON'],
    ['another shape', '[{"text":1}]', 'does not hold rows of {text, class}'],
    ['an impossible class', '[{"text":"a","class":7}]', 'does not hold rows of {text, class}'],
    ['empty', '[]', 'is empty'],
    ['one class', '[{"text":"a","class":1},{"text":"b","class":1}]', "one class only, 'positive'"],
  ])('%s', (_, content, message) => {
    expect(() => loadReviewSentences(directoryWith(content))).toThrow(message);
  });
});
