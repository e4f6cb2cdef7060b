import type { Tokenizer } from '@unroll/text/tokenizer.ts';
import * as v from 'valibot';
import { exampleText } from './example-text.ts';
import { MAX_LENGTH, type Reader } from './reader.ts';
import { truncatedIf } from './truncation.ts';

const expected = 'expected text without lone surrogates and control characters';

/** Text without lone surrogates and without control characters but tab and line ends. */
export const textInput = v.pipe(
  v.string(),
  v.maxLength(MAX_LENGTH),
  // Published as JSON Schema: regular expressions of every language read `\xHH`, and few read more.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is control characters that are to be found
  v.regex(/^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$/, expected),
  v.check((text) => text.isWellFormed(), expected),
);

/** A text, or a table's row with the text in `column`. */
type TextOrRow = string | Readonly<Record<string, string>>;

/**
 * A text as the ids of its tokens, unknown ones without an OOV token left out, cut to the first maxLength.
 * @param reads how many of them the layers read.
 */
export function textReader(
  tokenizer: Tokenizer,
  { maxLength, reads, column = 'text' }: { maxLength: number; reads: number; column?: string },
): Reader<TextOrRow> {
  const silent = tokenizer.silentIds;
  return {
    schema: v.union([textInput, v.looseObject({ [column]: textInput })], `expected a text, or an object with the text as '${column}'`),
    example: exampleText(tokenizer),
    table: { columns: [column], cells: 'text', inputs: 'rows' },
    read(input) {
      const tokens: string[] = [];
      const values: number[] = [];
      let known = 0;
      for (const token of tokenizer.tokenize(typeof input === 'string' ? input : (input[column] as string))) {
        const id = tokenizer.idOf(token);
        if (id === undefined || ++known > maxLength) continue;
        tokens.push(token);
        values.push(id);
      }
      const unknown = values.map((id) => silent.includes(id));
      return { values, steps: values.length, ...truncatedIf(Math.min(reads, known), known), tokens, unknown };
    },
  };
}
