import type { Tokenizer } from '@unroll/text/tokenizer.ts';
import * as v from 'valibot';
import type { Reader } from './reader.ts';
import { MAX_LENGTH } from './reader.ts';

/** Text without lone surrogates and without control characters but tab and line ends. */
export const textInput = v.pipe(
  v.string(),
  v.maxLength(MAX_LENGTH),
  v.regex(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is control characters that are to be found
    /^[^\p{Cs}\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$/u,
    'expected text without lone surrogates and control characters',
  ),
);

/** A text as the ids of its tokens, unknown ones without an OOV token left out, cut to the first maxLength. */
export function textReader(tokenizer: Tokenizer, maxLength: number): Reader<string> {
  return {
    schema: textInput,
    example: tokenizer.silentIds.includes(1) ? tokenizer.textOf(2, false) : tokenizer.textOf(1, false),
    read(text) {
      const tokens: string[] = [];
      const values: number[] = [];
      for (const token of tokenizer.tokenize(text)) {
        const id = tokenizer.idOf(token);
        if (id === undefined) continue;
        if (values.length === maxLength) break;
        tokens.push(token);
        values.push(id);
      }
      return { values, steps: values.length, tokens, unknown: values.map((id) => tokenizer.silentIds.includes(id)) };
    },
  };
}
