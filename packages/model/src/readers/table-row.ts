import { float32 } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { TableFormat } from '../spec.ts';
import { type ScaledColumn, scaled } from '../tasks/scaled-column.ts';
import { InputError } from './input-error.ts';
import { MAX_LENGTH, type Reader } from './reader.ts';
import { textInput } from './text.ts';

/** Token ids, or the numbers of a table's row in the order of the model's columns. */
export const numbersInput = v.pipe(v.array(float32), v.maxLength(MAX_LENGTH));

/** A table's row by column name. Columns that the model does not read may hold anything. */
export const tableRowInput = v.pipe(
  v.record(v.string(), v.union([textInput, float32, v.boolean(), v.null()])),
  // To valibot a list is a record too.
  v.check((row) => !Array.isArray(row), 'expected columns by name'),
);

type Row = readonly number[] | Readonly<Record<string, number>>;
const NAMES_SHOWN = 8;

/** A row of a table of numbers: each column is a step, scaled by its own mean and scale. Rows come by column name or in order. */
export function tableRowReader(columns: readonly ScaledColumn[], format?: TableFormat): Reader<Row> {
  const names = columns.map(({ name }) => name);
  const listed = `${names.slice(0, NAMES_SHOWN).join(', ')}${names.length > NAMES_SHOWN ? ', …' : ''}`;
  const byName = v.looseObject(Object.fromEntries(names.map((name) => [name, float32])));
  const inOrder = v.pipe(v.array(float32), v.length(names.length));
  return {
    schema: v.union([byName, inOrder], `expected an object with ${listed}, or their ${names.length} numbers in this order`),
    example: Object.fromEntries(columns.map(({ name, mean }) => [name, Number(mean.toPrecision(4))])),
    table: { columns: names, cells: 'numbers', inputs: 'rows', format },
    read(row) {
      const byOrder = isList(row) ? row : names.map((name) => row[name] as number);
      const values = Float32Array.from(columns, (column, i) => scaled(column, byOrder[i] as number));
      const bad = values.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) throw new InputError(`column '${names[bad]}' is too large: scaled as in training it is beyond float32`);
      return { values, steps: values.length };
    },
  };
}

const isList = (row: Row): row is readonly number[] => Array.isArray(row);
