import { openRecords, type RecordFile, type RecordFormat } from './records.ts';
import { checkSeries, type Series } from './series.ts';

/** The number in a column. @throws an error that begins with `where` and names the column. */
export function numberAt(values: Record<string, string>, column: string, where: string): number {
  const cell = values[column]?.trim() ?? '';
  const value = cell === '' ? Number.NaN : Number(cell);
  if (!Number.isFinite(value)) throw new Error(`${where}: column '${column}' holds ${JSON.stringify(cell)}; expected a number`);
  return value;
}

function checkColumns({ path, columns }: RecordFile, wanted: readonly string[]): void {
  const missing = wanted.find((name) => !columns.includes(name));
  if (missing !== undefined) throw new Error(`${path} has no column '${missing}'; it has ${columns.join(', ')}`);
}

/**
 * A table of numbers whose rows follow each other in time.
 * @param time the column with the time of each row, if there is one.
 * @throws an error that names the line and column of a cell that is no number, or a row with other columns.
 */
export function loadSeriesFile(path: string, columns: readonly string[], time?: string, format?: RecordFormat): Series {
  const file = openRecords(path, format);
  checkColumns(file, [...columns, ...(time === undefined ? [] : [time])]);
  const numbers = columns.map((): number[] => []);
  const times: string[] = [];
  for (const { values, problem, line } of file.records()) {
    if (!values) throw new Error(`${path}, line ${line}: ${problem}`);
    for (const [i, column] of columns.entries()) numbers[i]?.push(numberAt(values, column, `${path}, line ${line}`));
    times.push(time === undefined ? String(times.length + 1) : (values[time] as string));
  }
  const series: Series = {
    name: path,
    time: times,
    columns: Object.fromEntries(columns.map((column, i) => [column, Float64Array.from(numbers[i] as number[])])),
    source: path,
  };
  checkSeries(series);
  return series;
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
}

/**
 * The numbers of some columns, row by row, with the class in the column `label`.
 * @throws an error that names the line and column of a cell that is no number, or a row with other columns.
 */
export function loadNumberFile(
  path: string,
  { columns, label, format }: { columns: readonly string[]; label: string; format?: RecordFormat | undefined },
): NumberRows {
  const file = openRecords(path, format);
  checkColumns(file, [...columns, label]);
  const numbers: number[] = [];
  const names: string[] = [];
  for (const { values, problem, line } of file.records()) {
    if (!values) throw new Error(`${path}, line ${line}: ${problem}`);
    for (const column of columns) numbers.push(numberAt(values, column, `${path}, line ${line}`));
    const name = values[label]?.trim() ?? '';
    if (name === '') throw new Error(`${path}, line ${line}: column '${label}' is empty`);
    names.push(name);
  }
  if (names.length === 0) throw new Error(`${path} holds no rows`);
  const labels = [...new Set(names)].sort();
  if (labels.length < 2) throw new Error(`${path}: column '${label}' holds one class only, '${labels[0]}': there is nothing to tell apart`);
  const classes = Int32Array.from(names, (name) => labels.indexOf(name));
  return { name: path, source: path, labels, numbers: Float64Array.from(numbers), classes };
}
