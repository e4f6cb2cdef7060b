import type { Tokenizer } from '@unroll/text/tokenizer.ts';
import { z } from 'zod';
import type { Reader } from './reader.ts';

/** Longest array or text of one input. */
export const MAX_LENGTH = 20_000;

/** Text without lone surrogates and without control characters but tab and line ends. */
export const textInput = z
  .string()
  .max(MAX_LENGTH)
  .regex(/^(?:[^\p{Cs}\p{Cc}]|[\t\n\r])*$/u, 'expected text without lone surrogates and control characters');

/** A text as the ids of its tokens, unknown ones without an OOV token left out, cut to the first maxLength. */
export function textReader(tokenizer: Tokenizer, maxLength: number): Reader<string> {
  return {
    schema: textInput,
    example: tokenizer.silentIds.includes(1) ? tokenizer.textOf(2, false) : tokenizer.textOf(1, false),
    read(text) {
      const pairs = tokenizer.tokenize(text).flatMap((token) => tokenizer.encode([token]).map((id) => ({ token, id })));
      const kept = pairs.slice(0, maxLength);
      return { values: kept.map(({ id }) => id), steps: kept.length, tokens: kept.map(({ token }) => token) };
    },
  };
}
