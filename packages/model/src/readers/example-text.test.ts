import { Tokenizer, type TokenizerOptions } from '@unroll/text/tokenizer.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exampleText } from './example-text.ts';
import { textReader } from './text.ts';

function fitted(options: TokenizerOptions, ...texts: string[]): Tokenizer {
  const tokenizer = new Tokenizer(options);
  tokenizer.fitOnTexts(texts);
  return tokenizer;
}
const english = 'It was a good day, and we will come again. The food was fine.';

test('is a sentence if its words or its characters are known', () => {
  expect(exampleText(fitted({ oovToken: '[UNK]' }, english))).toBe('It was a good day, and we will come again.');
  expect(exampleText(fitted({ charLevel: true }, english))).toBe('It was a good day, and we will come again.');
});

test('otherwise has the most frequent tokens', () => {
  expect(exampleText(fitted({ oovToken: '[UNK]' }, 'bon bon bon film film mauvais'))).toBe('bon film mauvais');
  expect(exampleText(fitted({ charLevel: true }, '好好好吃吃不'))).toBe('好吃不');
});

test('is read without unknown tokens, for any vocabulary', () => {
  const word = fc.stringMatching(/^[a-z]{1,6}$/);
  const options = fc.constantFrom<TokenizerOptions>({}, { oovToken: '[UNK]' }, { charLevel: true }, { numWords: 3, oovToken: '?' });
  fc.assert(
    fc.property(fc.array(word, { minLength: 2, maxLength: 20 }), options, (words, chosen) => {
      const reader = textReader(fitted(chosen, words.join(' ')), { maxLength: 100, reads: 100 });
      const { steps, unknown } = reader.read(reader.example);
      expect(steps).toBeGreaterThan(0);
      expect(unknown).not.toContain(true);
    }),
  );
});
