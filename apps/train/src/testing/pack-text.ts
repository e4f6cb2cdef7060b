import { writeFileSync } from 'node:fs';
import { bytesOfFile } from '@unroll/datasets/bytes.ts';
import type { Corpus } from '@unroll/datasets/corpus.ts';
import { packCorpus } from '@unroll/datasets/pack-corpus.ts';
import * as v from 'valibot';
import { type RecipeFile, recipeSchema } from '../recipe/recipe.ts';
import { writeAtomically } from '../run/write-atomically.ts';

type CorpusData = { type: 'corpus'; load: () => Corpus; validation: number; test: number };

/** Packs the text of a corpus recipe into a file. @returns the recipe that reads the file instead, otherwise the same. */
export async function packedRecipe({ data, tokenizer, ...recipe }: RecipeFile, path: string, load?: () => Corpus) {
  const { load: own, validation, test } = data as CorpusData;
  const { name, text, source } = (load ?? own)();
  writeFileSync(`${path}.txt`, text);
  await writeAtomically(path, async (file) => {
    await packCorpus(bytesOfFile(`${path}.txt`), file, { name, source, tokenizer: tokenizer as object, validation, test });
  });
  return v.parse(recipeSchema, { ...recipe, data: { type: 'tokenFile', path } });
}
