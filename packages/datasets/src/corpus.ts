import type { Split } from './split.ts';

/** One long text, read from start to end. */
export interface Corpus {
  name: string;
  text: string;
  /** Where it comes from and under which license. */
  source: string;
}

/** The least tokens of a part: one to read and one to predict. */
const TOKENS_AT_LEAST = 2;

/** @throws an error that names a part with too few tokens. */
export function checkParts(name: string, tokens: Record<keyof Split, number>): void {
  for (const [part, count] of Object.entries(tokens)) {
    if (count >= TOKENS_AT_LEAST) continue;
    const words = part === 'train' ? 'training' : part;
    throw new Error(
      `corpus '${name}': its ${words} part has ${count} tokens, expected at least ${TOKENS_AT_LEAST}; give a longer text or other shares`,
    );
  }
}

/** Where validation and test begin in a corpus of `length` characters. */
export function partStarts(length: number, shares: { validation: number; test: number }): { validation: number; test: number } {
  return { validation: Math.round((1 - shares.validation - shares.test) * length), test: Math.round((1 - shares.test) * length) };
}
