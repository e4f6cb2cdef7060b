import { openTokenFile } from '@unroll/datasets/token-file.ts';
import type { DataSpec } from '../recipe/data-spec.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { corpusSummary, type PreparedCorpus } from './corpus.ts';
import { count, nothingKnown } from './prepared-data.ts';

/**
 * A corpus in a token file, which has its tokenizer and its split. Only the header and the tokenizer are read here; workers read the
 * windows of their shards.
 * @throws if the file is not a whole token file, or if the recipe does not read windows.
 */
export function prepareTokenFile({ path }: Extract<DataSpec, { type: 'tokenFile' }>, recipe: Recipe): PreparedCorpus {
  const fail = (problem: string) => new Error(`recipe '${recipe.name}': ${problem}`);
  if (Object.keys(recipe.tokenizer).length > 0) {
    throw fail('a token file has its own tokenizer; remove `tokenizer`, or pack the text again with it: unroll pack --tokenizer');
  }
  if (recipe.training.bpttSteps === undefined) throw fail('a token file is read in windows; set training.bpttSteps');
  const { file, tokenizer, name, source, unknown, checked } = openTokenFile(path);
  const { tokens, vocabularySize } = file;
  const checkedWarning =
    `${path} was copied or changed after packing, so all its ids were compared with their SHA-256. ` +
    `They are as packed; skip the comparison from now on with: unroll pack --check ${path}`;
  return {
    tokenizer,
    known: { ...nothingKnown, vocabularySize },
    split: { train: Int32Array.of(0), validation: Int32Array.of(1), test: Int32Array.of(2) },
    summary: corpusSummary(tokens, vocabularySize),
    source,
    warnings: [...(checked ? [checkedWarning] : []), ...unknownTokens(name, unknown.validation, tokens.validation)],
    encode({ tokenizer: given }) {
      if (given && given !== tokenizer && JSON.stringify(given) !== JSON.stringify(tokenizer)) {
        throw fail(`${path} has the ids of another tokenizer than the model's; give the token file that the model was trained on`);
      }
      const lengths = new Float64Array(new SharedArrayBuffer(24));
      const starts = new Float64Array(new SharedArrayBuffer(24));
      // The last token of a part has no next token.
      lengths.set([tokens.train - 1, tokens.validation - 1, tokens.test - 1]);
      starts.set([0, tokens.train, tokens.train + tokens.validation]);
      return { sequences: { file, features: 0, starts, lengths, targetsOf: 'step', targetWidth: 1 } };
    },
  };
}

/** A warning if most of the validation part is outside the vocabulary. */
function unknownTokens(name: string, unknown: number, known: number): string[] {
  if (2 * unknown <= known) return [];
  return [
    `${name}: ${count(unknown)} tokens of the validation part are not in the vocabulary. Where words are not separated by spaces, ` +
      'pack the text with --tokens characters; else train on a longer text',
  ];
}
