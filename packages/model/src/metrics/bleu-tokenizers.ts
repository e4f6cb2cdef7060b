/**
 * How sacrebleu cuts a sentence into tokens before it counts n-grams:
 *
 *   13a   mteval-v13a's, the usual one: ASCII punctuation apart, periods and commas only away from digits
 *   intl  mteval-v14's: Unicode punctuation and symbols apart
 *   char  every character
 *   none  white space alone
 */
export const bleuTokenizers = {
  '13a': (sentence: string) => {
    const plain = sentence
      .replaceAll('<skipped>', '')
      .replaceAll('-\n', '')
      .replaceAll('\n', ' ')
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>');
    return ` ${plain} `
      .replace(/([{-~[-` -&(-+:-@/])/gu, ' $1 ')
      .replace(/([^0-9])([.,])/gu, '$1 $2 ')
      .replace(/([.,])([^0-9])/gu, ' $1 $2')
      .replace(/([0-9])(-)/gu, '$1 $2 ');
  },
  intl: (sentence: string) =>
    sentence
      .replace(/(\P{N})(\p{P})/gu, '$1 $2 ')
      .replace(/(\p{P})(\P{N})/gu, ' $1 $2')
      .replace(/(\p{S})/gu, ' $1 '),
  char: (sentence: string) => Array.from(sentence).join(' '),
  none: (sentence: string) => sentence,
} satisfies Record<string, (sentence: string) => string>;

export type BleuTokenizer = keyof typeof bleuTokenizers;
