import { createLeftOut } from './left-out.ts';
import { isMissing } from './missing-words.ts';
import { type NumberNotation, numberProblem, readNumber } from './number-notation.ts';
import { checkColumns, openRecords, type TableOptions } from './records.ts';
import { checkClasses } from './text-source.ts';

export interface NumberFileOptions extends TableOptions {
  /** Columns of numbers. */
  columns: readonly string[];
  /** The column with the classes. */
  label: string;
  /** How numbers are written; plainly, if left out. */
  numbers?: NumberNotation | undefined;
}

/** Rows of a table, each with a class. */
export interface NumberRows {
  name: string;
  source: string;
  /** Class names by index. */
  labels: string[];
  /** Numbers as the file has them, [rows, columns]. */
  numbers: Float64Array;
  /** The class of each row. */
  classes: Int32Array;
  /** Rows that are left out, in sentences: the first ones with their lines. */
  problems: string[];
}

/**
 * The numbers of some columns, row by row, with the class in the column `label`. Rows that lack a number or a class are left out and listed.
 * @throws if a column is missing or nothing can be learned.
 */
export function loadNumberFile(path: string, { columns, label, numbers: notation, ...table }: NumberFileOptions): NumberRows {
  const file = openRecords(path, table);
  checkColumns(file, [...columns, label]);
  const numbers: number[] = [];
  const names: string[] = [];
  const leftOut = createLeftOut(path);
  for (const { values = {}, problem, line } of file.records()) {
    const name = values[label]?.trim() ?? '';
    const wrong = problem ?? problemIn(values, columns, notation) ?? (isMissing(name) ? `column '${label}' is empty` : undefined);
    if (wrong !== undefined) {
      leftOut.add(line, wrong);
      continue;
    }
    for (const column of columns) numbers.push(readNumber(values[column] as string, notation));
    names.push(name);
  }
  const problems = leftOut.sentences();
  if (names.length === 0) throw new Error(`${path} holds no row to learn from${problems.length ? `. ${problems[0]}` : ''}`);
  const labels = [...new Set(names)].sort();
  checkClasses(labels, label, path);
  const classes = Int32Array.from(names, (name) => labels.indexOf(name));
  return { name: path, source: path, labels, numbers: Float64Array.from(numbers), classes, problems };
}

/** What is wrong with the first of some columns whose cell is no number. */
export function problemIn(values: Record<string, string>, columns: readonly string[], notation?: NumberNotation): string | undefined {
  for (const column of columns) {
    const problem = numberProblem(values[column] ?? '', notation);
    if (problem !== undefined) return `column '${column}' ${problem}`;
  }
  return undefined;
}
