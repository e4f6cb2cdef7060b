import { problemIn } from '@unroll/datasets/number-file.ts';
import { type NumberNotation, plainNumbers, readNumber } from '@unroll/datasets/number-notation.ts';
import { checkColumns, type RecordFile } from '@unroll/datasets/records.ts';
import type { Reader } from '@unroll/model/readers/reader.ts';
import type { TableFormat } from '@unroll/model/spec.ts';
import { check, pathText } from '@unroll/schema/check.ts';

/** One input for a model, and its line. */
export interface Question {
  /** The line in the text or table, from 1; undefined for an argument. */
  line?: number;
  /** The text or the numbers that the answer repeats. */
  shown: { text: unknown } | { input: unknown };
  /** The model's input; undefined if there is a `problem`. */
  input?: unknown;
  problem?: string;
}

/** Reads a line: a text, or JSON if the model reads numbers or ids. */
export function questionOf({ text, line }: { text: string; line?: number }, { schema, example, table }: Reader): Question {
  const at = line === undefined ? {} : { line };
  if (table?.cells === 'text') return { ...at, shown: { text }, input: text };
  const parsed = tryJson(text);
  const wanted = `this model reads JSON such as ${JSON.stringify(example)}`;
  if (parsed === undefined) {
    const hint = table ? '; to read a table, name its file: predict MODEL FILE.csv' : '';
    return { ...at, shown: { input: text }, problem: `the line is not JSON: ${wanted}${hint}` };
  }
  const { output, violations = [] } = check(schema, parsed, { abortEarly: true });
  const [violation] = violations;
  if (!violation) return { ...at, shown: { input: parsed }, input: output };
  const where = violation.path.length ? `${pathText(violation.path)}: ` : '';
  return { ...at, shown: { input: parsed }, problem: `${where}${violation.message}; ${wanted}` };
}

/** One question per row. Columns are found by name; other columns are ignored. @throws if a column is missing. */
export function* questionsOfTable(file: RecordFile, { columns, cells, format }: NonNullable<Reader['table']>): Generator<Question> {
  checkColumns(file, columns);
  for (const { values, problem, line } of file.records()) {
    if (!values) yield { line, shown: { input: null }, problem: problem ?? 'the row cannot be read' };
    else if (cells === 'text') yield textOf(line, values[columns[0] as string]);
    else yield numbersOf(line, values, columns, notationOf(file, format));
  }
}

/** JSON has its own number notation; other tables have the one of the training table. */
export const notationOf = ({ format }: RecordFile, table: TableFormat | undefined): NumberNotation =>
  (format === 'jsonl' ? undefined : table?.numbers) ?? plainNumbers;

function textOf(line: number, text: string | undefined): Question {
  if (text === undefined) return { line, shown: { text: null }, problem: 'the row has no text' };
  return { line, shown: { text }, input: text };
}

function numbersOf(line: number, values: Record<string, string>, columns: readonly string[], notation: NumberNotation): Question {
  const problem = problemIn(values, columns, notation);
  const pick = (read: (cell: string) => unknown) => Object.fromEntries(columns.map((name) => [name, read(values[name] ?? '')]));
  if (problem !== undefined) return { line, shown: { input: pick(String) }, problem };
  const input = pick((cell) => readNumber(cell, notation));
  return { line, shown: { input }, input };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
