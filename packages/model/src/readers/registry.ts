import type { Tokenizer } from '@unroll/text/tokenizer.ts';
import * as v from 'valibot';
import type { ModelSpec } from '../spec.ts';
import { columnsInput, columnsReader } from './columns.ts';
import { idsInput, idsReader } from './ids.ts';
import type { Reader } from './reader.ts';
import { rowsInput, rowsReader } from './rows.ts';
import { textInput, textReader } from './text.ts';

/** Any input of any model. A new way of reading is a file beside this one, an option here and a case below. */
export const anyInput = v.union(
  [textInput, idsInput, rowsInput, columnsInput],
  'expected a text, columns of numbers, rows of features, or token ids',
);

export type AnyInput = v.InferOutput<typeof anyInput>;

/** Texts for a model with a tokenizer, columns for one that forecasts, else ids or rows of features. */
export function readerOf(spec: ModelSpec, tokenizer: Tokenizer | undefined): Reader {
  const { input, task } = spec;
  if (task.type === 'forecast') return columnsReader(task, input.maxLength);
  if (input.type === 'features') return rowsReader(input);
  if (tokenizer) return textReader(tokenizer, input.maxLength);
  const [first] = spec.layers;
  return idsReader(first?.type === 'embedding' ? first.inputDim : 1, input.maxLength);
}
