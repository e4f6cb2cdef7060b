import { createLeftOut } from './left-out.ts';
import { isMissing } from './missing-words.ts';
import { type NumberNotation, numberProblem, readNumber } from './number-notation.ts';
import { checkColumns, openRecords, type TableOptions } from './records.ts';
import { checkClasses } from './text-source.ts';

export interface NumberFileOptions extends TableOptions {
  /** Columns of numbers. */
  columns: readonly string[];
  /** The column with the classes, if rows have classes. */
  label?: string | undefined;
  /** How numbers are written; by default with a decimal point and no thousands separator. */
  numbers?: NumberNotation | undefined;
}

/** Rows of a table, each with a class if there is a column of classes. */
export interface NumberRows {
  name: string;
  source: string;
  /** Class names by index. */
  labels: string[];
  /** The file's numbers, unscaled, [rows, columns]. */
  numbers: Float64Array;
  /** The class of each row; 0 without a column of classes. */
  classes: Int32Array;
  /** One sentence for each of the first rows left out, with its line, then a count of the rest. */
  problems: string[];
}

/**
 * The numbers of `columns`, row by row, and the class in the column `label`, if one is given. Rows without a number or a class are left
 * out and listed.
 * @throws if a column is missing, no row is left, or there is only one class.
 */
export function loadNumberFile(path: string, { columns, label, numbers: notation, ...table }: NumberFileOptions): NumberRows {
  const file = openRecords(path, table);
  checkColumns(file, [...columns, ...(label === undefined ? [] : [label])]);
  const numbers: number[] = [];
  const names: string[] = [];
  const leftOut = createLeftOut(path);
  for (const { values = {}, problem, line } of file.records()) {
    const name = label === undefined ? '' : (values[label]?.trim() ?? '');
    const unnamed = label !== undefined && isMissing(name) ? `column '${label}' is empty` : undefined;
    const wrong = problem ?? problemIn(values, columns, notation) ?? unnamed;
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
  if (label !== undefined) checkClasses(labels, label, path);
  const classes = Int32Array.from(names, (name) => labels.indexOf(name));
  return { name: path, source: path, labels: label === undefined ? [] : labels, numbers: Float64Array.from(numbers), classes, problems };
}

/** What is wrong with the first of `columns` that does not hold a number; undefined if all do. */
export function problemIn(values: Record<string, string>, columns: readonly string[], notation?: NumberNotation): string | undefined {
  for (const column of columns) {
    const problem = numberProblem(values[column] ?? '', notation);
    if (problem !== undefined) return `column '${column}' ${problem}`;
  }
  return undefined;
}
