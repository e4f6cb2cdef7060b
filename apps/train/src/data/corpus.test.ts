import { Tokenizer, type TokenizerOptions } from '@unroll/text/tokenizer.ts';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { recipeSchema } from '../recipe/recipe.ts';
import { inMemory } from '../testing/in-memory.ts';
import { expectRefused } from '../testing/recipe-of.ts';
import tinyWriter from '../testing/tiny-writer.ts';
import { prepare } from './prepare.ts';

const recipeOf = (text: string, tokenizer: TokenizerOptions) =>
  v.parse(recipeSchema, { ...tinyWriter, tokenizer, data: { ...tinyWriter.data, load: () => ({ name: 'x', text, source: '' }) } });

describe('a corpus', () => {
  test('has the ids that the tokenizer gives its whole parts', () => {
    const tokenizers = fc.constantFrom<TokenizerOptions>(
      { charLevel: true, lower: false, oovToken: '[UNK]' },
      { oovToken: '[UNK]' },
      { oovToken: '[UNK]', split: '-', filters: '' },
    );
    // Half of a surrogate pair, and characters that composition or lower case joins with their neighbours.
    const unit = fc.constantFrom('a', 'B', ' ', '\n', '-', 'Σ', 'e\u0301', '👍', '\ud83d', '\udc4d', '日', 'İ');
    const words = fc.array(unit, { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(words, fc.integer({ min: 250, max: 900 }), tokenizers, (units, times, options) => {
        const text = `${units.join('')} -`.repeat(times);
        const characters = [...text];
        const end = (held: number) => Math.round((1 - held) * characters.length);
        const { validation, test } = tinyWriter.data as { validation: number; test: number };
        const cuts = [0, end(validation + test), end(test), characters.length];
        const parts = [0, 1, 2].map((i) => characters.slice(cuts[i], cuts[i + 1]).join(''));
        const tokenizer = new Tokenizer(options);
        tokenizer.fitOnTexts(parts.slice(0, 1));
        const whole = tokenizer.textsToSequences(parts);
        const { sequences, data } = prepare(recipeOf(text, options), 1);
        expect(data.tokenizer?.toJSON()).toEqual(tokenizer.toJSON());
        expect(Buffer.compare(bytes(inMemory(sequences).inputs), bytes(Int32Array.from(whole.flat())))).toBe(0);
        expect([...sequences.lengths]).toEqual(whole.map(({ length }) => length - 1));
      }),
      { numRuns: 20 },
    );
  });

  test('too short for its parts is refused', () => {
    expectRefused(
      recipeOf('abcdefghij', { charLevel: true }),
      "corpus 'x': its validation part has 0 tokens, expected at least 2; give a longer text or other shares",
    );
  });
});

const bytes = ({ buffer, byteOffset, byteLength }: Int32Array | Float32Array) => Buffer.from(buffer, byteOffset, byteLength);
