import type { Tokenizer } from '@unroll/text/tokenizer.ts';

const SENTENCE = 'It was a good day, and we will come again.';
/** How many tokens stand in where the vocabulary lacks a word of the sentence. */
const TOKENS = 8;

/** A text that shows what to send: a sentence of known words, else the most frequent tokens. Never one that the model was trained on. */
export function exampleText(tokenizer: Tokenizer): string {
  const silent = tokenizer.silentIds;
  const isKnown = (token: string) => {
    const id = tokenizer.idOf(token);
    return id !== undefined && !silent.includes(id);
  };
  if (tokenizer.tokenize(SENTENCE).every(isKnown)) return SENTENCE;
  const first = silent.length;
  const count = Math.min(TOKENS, tokenizer.vocabularySize - first);
  return Array.from({ length: count }, (_, i) => tokenizer.textOf(first + i, i > 0)).join('');
}
