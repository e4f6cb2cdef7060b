import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitWordDictionary, type WordPair } from './word-dictionary.ts';

const pair = (source: string, target: string): WordPair => ({ source: source.split(' '), target: target.split(' ') });

test('tells apart words that occur together, by the pairs in which they occur alone', () => {
  const pairs = [pair('das haus', 'the house'), pair('das buch', 'the book'), pair('ein buch', 'a book'), pair('ein haus', 'a house')];
  const dictionary = fitWordDictionary(pairs);
  expect(dictionary.translate(['ein', 'haus', 'das', 'buch', 'dort'])).toEqual(['a', 'house', 'the', 'book', 'dort']);
  expect(dictionary.size).toBe(4);
});

test('finds any one-to-one dictionary from enough random sentences, whatever the order of the words', () => {
  const words = fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(words, { minLength: 80, maxLength: 80 }), (sentences) => {
      const alone = Array.from({ length: 10 }, (_, word) => [word]);
      const pairs = [...sentences, ...alone].map((list) => ({
        source: list.map((n) => `s${n}`),
        target: list.map((n) => `t${n}`).toReversed(),
      }));
      const { translate } = fitWordDictionary(pairs);
      for (const word of alone.flat()) expect(translate([`s${word}`])).toEqual([`t${word}`]);
    }),
    { numRuns: 20 },
  );
});
