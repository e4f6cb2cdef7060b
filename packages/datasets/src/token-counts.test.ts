import { Tokenizer, type TokenizerOptions } from '@unroll/text/tokenizer.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTokenCounts } from './token-counts.ts';

test('give the tokenizer that is fitted on the whole text', () => {
  const options = fc.record(
    { oovToken: fc.constantFrom('[UNK]', 'a'), numWords: fc.integer({ min: 2, max: 6 }), minCount: fc.integer({ min: 1, max: 4 }) },
    { requiredKeys: [] },
  ) as fc.Arbitrary<TokenizerOptions>;
  const word = fc.constantFrom('a', 'b', 'c', 'd', 'constructor', 'a-word-of-more-than-twelve-characters');
  fc.assert(
    fc.property(fc.array(fc.array(word)), options, (pieces, options) => {
      const whole = new Tokenizer({ ...options, filters: '' });
      whole.fitOnTexts([pieces.flat().join(' ')]);
      const counts = createTokenCounts({ ...options, filters: '' });
      for (const piece of pieces) counts.add(piece);
      expect(counts.tokenizer().toJSON()).toEqual(whole.toJSON());
    }),
  );
});

test('that do not fit are refused, with what helps', () => {
  const few = createTokenCounts({}, { tokens: 2, bytes: Number.POSITIVE_INFINITY });
  few.add(['a', 'b', 'a']);
  expect(() => few.add(['c'])).toThrow(
    'tokenizer: the text has more than 2 different tokens, the most that a table holds. Pack it with --tokens characters',
  );
  const small = createTokenCounts({}, { tokens: 9, bytes: 2 ** 20 });
  expect(() => small.add(['a', 'b'])).toThrow(
    "more than 2 different tokens, which fill 1 MB, half of Node's heap. Pack it with --tokens characters, " +
      'or allow a larger heap, in MB: NODE_OPTIONS=--max-old-space-size=16000',
  );
});
