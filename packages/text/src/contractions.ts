const apostrophe = /[’ʼ]/g;
const quotes = /^'+(?!(?:s|re|ve|ll|d|m)$)|'+$/gi;
const ending = /^(.+?)(n't|'(?:s|re|ve|ll|d|m))$/i;

/**
 * A word with its contractions as tokens of their own, as the Penn Treebank and GloVe have them: "don't" → do, n't; "it's" → it, 's;
 * "can't" → ca, n't. Typographic apostrophes count as plain ones. Quotation marks around the word are dropped.
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
