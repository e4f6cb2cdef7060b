/** How the page lays a model's tokens over the text that was typed. */
import { Tokenizer, type TokenizerOptions } from '@unroll/text/tokenizer.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

interface Part {
  text: string;
  kind: 'between' | 'read' | 'unknown' | 'left-out' | 'cut';
  step?: number;
}
// The page's scripts are plain modules without declarations.
const { partsOf } = (await import(String(new URL('../../public/words.js', import.meta.url)))) as {
  partsOf(typed: string, steps: { token: string; unknown?: boolean }[], isCut: boolean): Part[];
};

const vocabulary = "the food was not n't 's 've would could ca good is this a b c o'clock straße i 好 吃".split(' ');

/** A text as a model with this tokenizer reads it: the tokens it knows, the first `most`. */
function read(text: string, options: TokenizerOptions, most = Number.POSITIVE_INFINITY) {
  const tokenizer = new Tokenizer(options);
  tokenizer.fitOnTexts([vocabulary.join(' ')]);
  const known = tokenizer.tokenize(text).filter((token) => tokenizer.idOf(token) !== undefined);
  const steps = known.slice(0, most).map((token) => ({ token, unknown: tokenizer.silentIds.includes(tokenizer.idOf(token) ?? 0) }));
  return { steps, isCut: known.length > most };
}
const kinds = (text: string, options: TokenizerOptions, most?: number) => {
  const { steps, isCut } = read(text, options, most);
  return partsOf(text, steps, isCut).flatMap(({ text, kind }) => (kind === 'between' ? [] : [`${text}:${kind}`]));
};

describe('the parts of a text', () => {
  const pieces = fc.constantFrom(
    ...vocabulary,
    "Wouldn't've",
    'CAN’T',
    'it’s',
    'The',
    'zorblax',
    'İstanbul',
    'ΣΟΦΌΣ',
    ' ',
    ', ',
    '...',
    '\n',
    '<b>',
    '👍🏽',
    '1',
  );

  test('join to the typed text, with a part for each step', () => {
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 20 }),
        fc.constantFrom('[UNK]', undefined),
        fc.boolean(),
        fc.nat(12),
        (words, oovToken, splitContractions, most) => {
          const text = words.join(' ');
          const { steps, isCut } = read(text, { splitContractions, ...(oovToken !== undefined && { oovToken }) }, most);
          const parts = partsOf(text, steps, isCut);
          expect(parts.map((part) => part.text).join('')).toBe(text);
          expect(parts.flatMap(({ step }) => (step === undefined ? [] : [step]))).toEqual(steps.map((_, i) => i));
          for (const { text, step } of parts) if (step !== undefined) expect(text).not.toBe('');
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('a word is found as a whole: not inside one that was left out', () => {
    expect(kinds('Thisis is IT this', {})).toEqual(['Thisis:left-out', 'is:read', 'IT:left-out', 'this:read']);
  });

  test('unknown words are read or left out, depending on the tokenizer; words after the last step are cut', () => {
    const text = 'the zorblax food, was not good';
    expect(kinds(text, { oovToken: '[UNK]' }, 3)).toEqual(['the:read', 'zorblax:unknown', 'food:read', 'was:cut', 'not:cut', 'good:cut']);
    expect(kinds(text, {}, 3)).toEqual(['the:read', 'zorblax:left-out', 'food:read', 'was:read', 'not:cut', 'good:cut']);
  });

  test('parts of a split contraction are at the place of the contraction', () => {
    expect(kinds('I CAN’T say it’s good', { splitContractions: true, oovToken: '[UNK]' })).toEqual([
      'I:read',
      'CA:read',
      'N’T:read',
      'say:unknown',
      'it:unknown',
      '’s:read',
      'good:read',
    ]);
  });

  test('endings of words that were left out are at these words', () => {
    expect(kinds("Who’s 's wouldn't", { splitContractions: true })).toEqual([
      'Who:left-out',
      '’s:read',
      "'s:read",
      'would:read',
      "n't:read",
    ]);
  });

  test('characters are tokens of their own, capitals among them', () => {
    expect(kinds('the Tea', { charLevel: true, lower: false })).toEqual([
      't:read',
      'h:read',
      'e:read',
      ' :read',
      'T:left-out',
      'e:read',
      'a:read',
    ]);
  });

  test('a text with composed letters is shown composed; a text changed in another way is shown as its tokens', () => {
    const decomposed = 'cafe\u0301 good';
    const steps = [{ token: 'café' }, { token: 'good' }];
    expect(partsOf(decomposed, steps, false).map(({ text }) => text)).toEqual(['café', ' ', 'good']);
    expect(partsOf('ﬁne', [{ token: 'fine' }], false).map(({ text }) => text)).toEqual(['fine', ' ']);
  });
});
