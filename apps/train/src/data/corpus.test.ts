import * as v from 'valibot';
import { describe, test } from 'vitest';
import { recipeSchema } from '../recipe/recipe.ts';
import { expectRefused } from '../testing/recipe-of.ts';
import tinyWriter from '../testing/tiny-writer.ts';

describe('a corpus', () => {
  test('too short for its parts', () => {
    const data = { ...tinyWriter.data, load: () => ({ name: 'x', text: 'abcdefghij', source: '' }) };
    expectRefused(
      v.parse(recipeSchema, { ...tinyWriter, data }),
      "corpus 'x': its validation part has 0 tokens, expected at least 2; give a longer text or other shares",
    );
  });
});
