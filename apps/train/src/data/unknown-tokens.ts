import type { Tokenizer, TokenizerOptions } from '@unroll/text/tokenizer.ts';

/** The setting for scripts without spaces between words. A word tokenizer would read a whole line as one word. */
export const LEARN_CHARACTERS = "set charLevel: true in the recipe's tokenizer";

/** A warning if most tokens of the validation texts, or all tokens of most texts, are outside the vocabulary. */
export function unknownWarning(texts: Iterable<string>, tokenizer: Tokenizer, { charLevel = false }: TokenizerOptions): string[] {
  const silent = tokenizer.silentIds;
  const knows = (token: string) => {
    const id = tokenizer.idOf(token);
    return id !== undefined && !silent.includes(id);
  };
  let [all, unknown, rows, unknownRows] = [0, 0, 0, 0];
  for (const text of texts) {
    const tokens = tokenizer.tokenize(text);
    const known = tokens.filter(knows).length;
    rows++;
    all += tokens.length;
    unknown += tokens.length - known;
    if (known === 0) unknownRows++;
  }
  const percent = (part: number, of: number) => `${Math.round((100 * part) / of)} %`;
  const remedy = charLevel
    ? 'Train on more texts'
    : `Where words are not separated by spaces, ${LEARN_CHARACTERS}; else train on more texts`;
  if (2 * unknownRows > rows) {
    return [`${percent(unknownRows, rows)} of the validation texts hold no token that the training texts hold. ${remedy}`];
  }
  if (2 * unknown > all) return [`${percent(unknown, all)} of the tokens in the validation texts are not in the vocabulary. ${remedy}`];
  return [];
}
