import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Tokenizer } from './tokenizer.ts';

describe('normalizeUnicode', () => {
  test('composed and decomposed letters are the same tokens, in words and as characters', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), fc.boolean(), fc.boolean(), (texts, charLevel, lower) => {
        const [composed, decomposed] = (['NFC', 'NFD'] as const).map((form) => {
          const tokenizer = new Tokenizer({ charLevel, lower });
          tokenizer.fitOnTexts(texts.map((text) => text.normalize(form)));
          return tokenizer;
        });
        expect([...(decomposed?.wordIndex ?? [])]).toEqual([...(composed?.wordIndex ?? [])]);
        for (const form of ['NFC', 'NFD'] as const) {
          const sequences = composed?.textsToSequences(texts.map((text) => text.normalize(form)));
          expect(sequences).toEqual(composed?.textsToSequences(texts));
        }
      }),
    );
    expect(new Tokenizer().tokenize('de\u0301jeuner')).toEqual(['d\u00e9jeuner']);
    expect(new Tokenizer({ charLevel: true }).tokenize('e\u0301')).toEqual(['\u00e9']);
    expect(new Tokenizer().tokenize('\u1112\u1161\u11ab \ud55c')).toEqual(['\ud55c', '\ud55c']);
  });

  test('every space of Unicode separates words', () => {
    const others = [
      '\u00a0',
      '\u1680',
      '\u2003',
      '\u200b',
      '\u2028',
      '\u2029',
      '\u202f',
      '\u205f',
      '\u3000',
      '\ufeff',
      '\r',
      '\v',
      '\f',
      '\u0085',
    ];
    for (const space of others) {
      expect(new Tokenizer().tokenize(`${space}one${space}${space}two, three${space}`)).toEqual(['one', 'two', 'three']);
    }
    // Joiners hold an emoji together.
    expect(new Tokenizer().tokenize('👨\u200d👩\u200d👧 a')).toEqual(['👨\u200d👩\u200d👧', 'a']);
  });

  test('characters keep their spaces, and another split its plain ones', () => {
    expect(new Tokenizer({ charLevel: true }).tokenize('a\u3000b')).toEqual(['a', '\u3000', 'b']);
    expect(new Tokenizer({ split: '|', filters: '' }).tokenize('a\u00a0b|c')).toEqual(['a b', 'c']);
  });

  test('is on for a new tokenizer, stands in its file, and is off for a file without it', () => {
    const fitted = new Tokenizer();
    fitted.fitOnTexts(['one two']);
    const json = fitted.toJSON();
    expect(json.normalizeUnicode).toBe(true);
    expect(Tokenizer.fromJSON(json).tokenize('one\u00a0two')).toEqual(['one', 'two']);
    const { normalizeUnicode: _, ...old } = json;
    const restored = Tokenizer.fromJSON(old);
    expect(restored.tokenize('one\u00a0two e\u0301')).toEqual(['one\u00a0two', 'e\u0301']);
    expect(restored.toJSON()).toEqual(old);
    expect(new Tokenizer({ normalizeUnicode: false }).toJSON()).not.toHaveProperty('normalizeUnicode');
  });

  test('changes nothing in plain text', () => {
    const plain = fc.string({ unit: fc.constantFrom(...'abcXYZ 0189.,\'-!?\t\n"éüßΣ日本👍') });
    fc.assert(
      fc.property(plain, fc.boolean(), (text, charLevel) => {
        const [on, off] = [true, false].map((normalizeUnicode) => new Tokenizer({ charLevel, normalizeUnicode }).tokenize(text));
        expect(on).toEqual(off);
      }),
    );
  });
});
