import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import golden from '../goldens/keras.json' with { type: 'json' };
import { padSequences } from './pad-sequences.ts';
import { Tokenizer, type TokenizerOptions } from './tokenizer.ts';

const { texts, unseen } = golden;

describe.each(golden.tokenizers.map((entry) => [JSON.stringify(entry.options), entry] as const))('Tokenizer %s', (_, entry) => {
  const tokenizer = new Tokenizer(entry.options as TokenizerOptions);
  tokenizer.fitOnTexts(texts.slice(0, 6));
  tokenizer.fitOnTexts(texts.slice(6));

  test('gives the ids that Keras gives', () => {
    expect([...tokenizer.wordIndex]).toEqual(entry.wordIndex);
    expect(tokenizer.textsToSequences([...texts, ...unseen])).toEqual(entry.sequences);
  });

  test('encodes the same after a round trip through JSON', () => {
    const restored = Tokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer)));
    expect(restored.textsToSequences([...texts, ...unseen])).toEqual(entry.sequences);
    expect(restored.vocabularySize).toBe(tokenizer.vocabularySize);
  });

  test('stays below its vocabulary size', () => {
    const ids = tokenizer.textsToSequences([...texts, ...unseen]).flat();
    expect(Math.max(...ids, 0)).toBeLessThan(tokenizer.vocabularySize);
  });
});

test('any text encodes to ids in range, the same before and after JSON', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), fc.string({ unit: 'binary' }), fc.nat(20), (corpus, text, words) => {
      const tokenizer = new Tokenizer({ numWords: words + 2, oovToken: '<oov>' });
      tokenizer.fitOnTexts(corpus);
      const [ids = []] = tokenizer.textsToSequences([text]);
      expect(ids).toHaveLength(tokenizer.tokenize(text).length);
      for (const id of ids) expect(id >= 1 && id < words + 2).toBe(true);
      expect(Tokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer))).textsToSequences([text])).toEqual([ids]);
    }),
  );
});

test('the OOV token keeps id 1 when a text holds it', () => {
  const tokenizer = new Tokenizer({ numWords: 3, oovToken: 'unk' });
  tokenizer.fitOnTexts(['a a a b b unk']);
  expect(tokenizer.textsToSequences(['unk a b c'])).toEqual([[1, 2, 1, 1]]);
});

test('a restored tokenizer refuses to be fitted further', () => {
  const restored = Tokenizer.fromJSON(new Tokenizer().toJSON());
  expect(() => restored.fitOnTexts(['more'])).toThrow('fit a new one');
});

test('refuses JSON of another shape', () => {
  expect(() => Tokenizer.fromJSON({ words: 'no' })).toThrow();
});

describe('padSequences', () => {
  test.each(golden.pads.map((pad) => [JSON.stringify(pad.options), pad] as const))('%s as Keras', (_, { options, rows }) => {
    const { data, shape } = padSequences(golden.sequences, options as Parameters<typeof padSequences>[1]);
    expect(shape).toEqual([rows.length, rows[0]?.length]);
    expect([...data]).toEqual(rows.flat());
  });

  test('of nothing is empty', () => {
    expect(padSequences([])).toEqual({ data: new Int32Array(0), shape: [0, 0] });
  });

  test('names a bad maxlen', () => {
    expect(() => padSequences([[1]], { maxlen: -1 })).toThrow('maxlen must be a whole number >= 0, got -1');
  });
});

describe('ids as text', () => {
  test('words follow each other after the split, characters as they are', () => {
    const words = new Tokenizer({ filters: '' });
    words.fitOnTexts(['to be or not']);
    expect(['to', 'be', 'or'].map((word, i) => words.textOf(words.encode([word])[0] as number, i > 0)).join('')).toBe('to be or');
    const characters = new Tokenizer({ charLevel: true });
    characters.fitOnTexts(['ab']);
    expect(
      characters
        .encode(['a', 'b'])
        .map((id, i) => characters.textOf(id, i > 0))
        .join(''),
    ).toBe('ab');
  });

  test('padding and the OOV token are none', () => {
    expect(new Tokenizer().silentIds).toEqual([0]);
    expect(new Tokenizer({ oovToken: '[UNK]' }).silentIds).toEqual([0, 1]);
  });
});
