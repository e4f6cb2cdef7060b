import type { Tokenizer } from '@unroll/text/tokenizer.ts';
import * as v from 'valibot';
import { embeddingOf, type ModelSpec } from '../spec.ts';
import { onlyTaskOf } from '../tasks/registry.ts';
import { columnsInput, columnsReader } from './columns.ts';
import { idsReader } from './ids.ts';
import { inputSent } from './input-sent.ts';
import { readLimit } from './read-limit.ts';
import type { Reader } from './reader.ts';
import { rowsInput, rowsReader } from './rows.ts';
import { numbersInput, tableRowInput, tableRowReader } from './table-row.ts';
import { textInput, textReader } from './text.ts';

/** Any input of any model. A new way of reading is a file beside this one, an option here and a case below. */
export const anyInput = v.union(
  [
    v.pipe(textInput, v.title('Text')),
    v.pipe(numbersInput, v.title('Numbers')),
    v.pipe(rowsInput, v.title('Rows')),
    v.pipe(columnsInput, v.title('Columns')),
    v.pipe(tableRowInput, v.title('TableRow')),
  ],
  'expected a text, columns of numbers, rows of features, token ids, or the row of a table',
);

export type AnyInput = v.InferOutput<typeof anyInput>;

/** The reader of a model: columns if it forecasts, rows if it reads features, texts if it has a tokenizer, else ids. */
export function readerOf(spec: ModelSpec, tokenizer: Tokenizer | undefined): Reader {
  const [name, input] = inputSent(spec);
  const task = onlyTaskOf(spec);
  const { steps } = readLimit(spec);
  const format = input.type === 'features' ? input.table : undefined;
  if (task.type === 'forecast') return columnsReader(task, input.maxLength, format);
  if (input.type === 'features') return input.columns ? tableRowReader(input.columns, format) : rowsReader(input);
  if (tokenizer) return textReader(tokenizer, { ...input, reads: steps });
  return idsReader(embeddingOf(spec, name)?.inputDim ?? 1, { ...input, reads: steps });
}
