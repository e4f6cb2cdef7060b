const apostrophe = /[’ʼ]/g;
const quotes = /^'+(?!(?:s|re|ve|ll|d|m)$)|'+$/gi;
const ending = /^(.+?)(n't|'(?:s|re|ve|ll|d|m))$/i;

/**
 * Splits a word's contractions into tokens, as the Penn Treebank and GloVe do: "don't" → do, n't; "it's" → it, 's;
 * "can't" → ca, n't. Typographic apostrophes count as plain ones. Drops quotation marks around the word.
 */
export function splitContraction(word: string): string[] {
  const endings: string[] = [];
  let stem = word.replace(apostrophe, "'").replace(quotes, '');
  for (let found = ending.exec(stem); found; found = ending.exec(stem)) {
    stem = (found[1] as string).replace(quotes, '');
    endings.unshift(found[2] as string);
  }
  return stem === '' ? endings : [stem, ...endings];
}
