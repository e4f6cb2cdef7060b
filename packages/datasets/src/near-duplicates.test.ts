import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createNearDuplicateCheck } from './near-duplicates.ts';
import { loadReviewSentences } from './review-sentences.ts';

const sentences = loadReviewSentences().samples.map(({ text }) => text);
const repeats = createNearDuplicateCheck(sentences.slice(0, 500));

test.each([
  ['the same', 'Wow... Loved this place.'],
  ['in other case and punctuation', 'WOW, loved this place!!'],
  ['with a word more', 'Wow, we loved this place.'],
  ['inside a longer text', 'We went there on Friday. Wow... Loved this place. We will be back as soon as we can, with friends.'],
])('%s is a near-duplicate', (_, text) => expect(createNearDuplicateCheck(['Wow... Loved this place.'])(text)).toBe(true));

test.each(['A feast for the eyes.', 'Wow.', ''])('%j is not a near-duplicate', (text) => {
  expect(createNearDuplicateCheck(['Wow... Loved this place.', 'Crust is not good.'])(text)).toBe(false);
});

test('a reference is found again with any word left out', () => {
  const long = sentences.slice(0, 500).filter((text) => text.split(' ').length > 12);
  fc.assert(
    fc.property(fc.constantFrom(...long), fc.nat(11), (text, left) => {
      expect(repeats(text.split(' ').toSpliced(left, 1).join(' '))).toBe(true);
    }),
  );
});
