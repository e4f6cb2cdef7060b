import { checkParts, partStarts } from '@unroll/datasets/corpus.ts';
import type { Split } from '@unroll/datasets/split.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import type { DataSpec } from '../recipe/data-spec.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { count, nothingKnown, type PreparedData } from './prepared-data.ts';
import { sharedFloats, toShared } from './sequences.ts';

export interface PreparedCorpus extends PreparedData {
  tokenizer: Tokenizer;
}

/**
 * One long text, cut into training, validation and test in this order. Each part is one sample, and the target of a step is the next
 * token. The tokenizer sees the training part only.
 * @throws if a part is too short.
 */
export function prepareCorpus(data: Extract<DataSpec, { type: 'corpus' }>, recipe: Recipe): PreparedCorpus {
  const { name, text, source } = data.load();
  const tokenizer = new Tokenizer(recipe.tokenizer);
  const characters = [...text];
  const starts = partStarts(characters.length, data);
  const cut = (from: number, to?: number) => characters.slice(from, to).join('');
  const parts = [cut(0, starts.validation), cut(starts.validation, starts.test), cut(starts.test)];
  tokenizer.fitOnTexts(parts.slice(0, 1));
  const own = idsOf(name, parts, tokenizer);
  const { vocabularySize } = tokenizer;
  const [train = 0, validation = 0, test = 0] = own.map(({ length }) => length);
  return {
    tokenizer,
    known: { ...nothingKnown, vocabularySize },
    split: { train: Int32Array.of(0), validation: Int32Array.of(1), test: Int32Array.of(2) },
    summary: corpusSummary({ train, validation, test }, vocabularySize),
    source,
    warnings: [],
    encode({ tokenizer: given }) {
      const ids = given && given !== tokenizer ? idsOf(name, parts, given) : own;
      const inputs = toShared(Int32Array.from(ids.flat()));
      const targets = sharedFloats(inputs.length);
      targets.set(inputs.subarray(1));
      const starts = new Int32Array(ids.length);
      for (let i = 1; i < ids.length; i++) starts[i] = (starts[i - 1] as number) + (ids[i - 1] as number[]).length;
      // The last token of a part has no next token.
      const lengths = Int32Array.from(ids, ({ length }) => length - 1);
      return {
        sequences: {
          inputs,
          features: 0,
          starts: toShared(starts),
          lengths: toShared(lengths),
          targets,
          targetsOf: 'step',
          targetWidth: 1,
        },
      };
    },
  };
}

export const corpusSummary = ({ train, validation, test }: Record<keyof Split, number>, vocabularySize: number): string =>
  `${count(train)} training, ${count(validation)} validation, ${count(test)} test tokens, ${count(vocabularySize)} different`;

/** The ids of each part. @throws if a part is too short. */
function idsOf(name: string, parts: readonly string[], tokenizer: Tokenizer): number[][] {
  const ids = tokenizer.textsToSequences(parts);
  const [train = 0, validation = 0, test = 0] = ids.map(({ length }) => length);
  checkParts(name, { train, validation, test });
  return ids;
}
