import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitContraction } from './contractions.ts';
import { Tokenizer } from './tokenizer.ts';

test.each([
  ["don't", ['do', "n't"]],
  ["can't", ['ca', "n't"]],
  ["WON'T", ['WO', "N'T"]],
  ["it's", ['it', "'s"]],
  ['it’s', ['it', "'s"]],
  ["shouldn't've", ['should', "n't", "'ve"]],
  ["they'll", ['they', "'ll"]],
  ["dogs'", ['dogs']],
  ["'great'", ['great']],
  ["'s", ["'s"]],
  ["n't", ["n't"]],
  ["o'clock", ["o'clock"]],
  ['ant', ['ant']],
  ["a''s", ['a', "'s"]],
  ["'", []],
])('%j splits into %j', (word, tokens) => expect(splitContraction(word)).toEqual(tokens));

test('no token splits further, and none is empty', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'n', 't', 's', 'r', 'e', "'", '’'), maxLength: 12 });
  fc.assert(
    fc.property(word, (text) => {
      const tokens = splitContraction(text);
      expect(tokens).not.toContain('');
      for (const token of tokens) expect(splitContraction(token)).toEqual([token]);
    }),
  );
});

test('a tokenizer splits alike after a round trip through JSON', () => {
  const tokenizer = new Tokenizer({ splitContractions: true, oovToken: '[UNK]' });
  tokenizer.fitOnTexts(["I don't like it", "It's not what I'd like"]);
  expect(tokenizer.tokenize("Don't!")).toEqual(['do', "n't"]);
  const restored = Tokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer)));
  const texts = ["I'd like it", "don't!", 'Isn’t it'];
  expect(restored.textsToSequences(texts)).toEqual(tokenizer.textsToSequences(texts));
  expect(restored.tokenize('isn’t')).toEqual(['is', "n't"]);
});

test('rare words get no id', () => {
  const tokenizer = new Tokenizer({ minCount: 2, oovToken: '[UNK]' });
  tokenizer.fitOnTexts(['a b c', 'a b']);
  expect([...tokenizer.wordIndex.keys()]).toEqual(['[UNK]', 'a', 'b']);
  expect(tokenizer.textsToSequences(['c b a'])).toEqual([[1, 3, 2]]);
  expect(tokenizer.vocabularySize).toBe(4);
  tokenizer.fitOnTexts(['c']);
  expect(tokenizer.wordIndex.get('c')).toBe(4);
});
