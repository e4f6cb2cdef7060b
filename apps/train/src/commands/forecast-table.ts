import { isMissingNumber } from '@unroll/datasets/missing-words.ts';
import { problemIn } from '@unroll/datasets/number-file.ts';
import { type NumberNotation, readNumber } from '@unroll/datasets/number-notation.ts';
import { checkColumns, type RecordFile } from '@unroll/datasets/records.ts';
import { readTimes } from '@unroll/datasets/times.ts';
import type { TableFormat } from '@unroll/model/spec.ts';
import type { ForecastSpec } from '@unroll/model/tasks/forecast.ts';
import { notationOf } from './questions.ts';

/** The input of one forecast: the columns of one series. */
export interface Past {
  /** The name of the series, if the table has a column for it. */
  series?: string;
  columns: Record<string, Float64Array>;
}

interface Row {
  line: number;
  values: Record<string, string>;
  /** The sort key of a row: its time, or its place. */
  instant: number;
}

/**
 * The columns that a forecast needs, for each series in a table. Rows are sorted by time if the model names a time column and the
 * table has it. Columns known ahead continue after the last row of the past; the other inputs are empty there.
 * @throws an error that names the line and column of a cell that is not a number, or of a time that cannot be read or is repeated.
 */
export function pastsOf(file: RecordFile, spec: ForecastSpec, format: TableFormat = {}): Past[] {
  checkColumns(
    file,
    [...spec.inputs, ...spec.known].map(({ name }) => name),
  );
  const { time, series } = format;
  const has = (column: string | undefined): column is string => column !== undefined && file.columns.includes(column);
  const rows = rowsOf(file, has(time) ? time : undefined);
  const groups = has(series) ? [...Map.groupBy(rows, ({ values }) => (values[series] as string).trim())] : [[undefined, rows] as const];
  return groups.map(([name, own]) => ({
    ...(name !== undefined && { series: name }),
    columns: pastColumns(inOrder(own, file.path), spec, { path: file.path, notation: notationOf(file, format) }),
  }));
}

function rowsOf(file: RecordFile, time: string | undefined): Row[] {
  const rows: Row[] = [];
  for (const { values, problem, line } of file.records()) {
    if (!values) throw new Error(`${file.path}, line ${line}: ${problem}`);
    rows.push({ line, values, instant: rows.length });
  }
  if (time === undefined) return rows;
  const cells = rows.map(({ values }) => values[time] ?? '');
  return Array.from(readTimes(cells, `${file.path}, column '${time}'`).instants, (instant, i) => {
    const row = rows[i] as Row;
    if (Number.isFinite(instant)) return { ...row, instant };
    throw new Error(`${file.path}, line ${row.line}: column '${time}' holds ${JSON.stringify(cells[i])}; expected a time`);
  });
}

function inOrder(rows: readonly Row[], path: string): Row[] {
  const sorted = rows.toSorted((a, b) => a.instant - b.instant || a.line - b.line);
  const twice = sorted.findIndex(({ instant }, i) => i > 0 && instant === sorted[i - 1]?.instant);
  if (twice < 0) return sorted;
  throw new Error(
    `${path}, line ${sorted[twice]?.line}: its time repeats that of line ${sorted[twice - 1]?.line}; a series needs one row per time`,
  );
}

function pastColumns(
  rows: readonly Row[],
  spec: ForecastSpec,
  { path, notation }: { path: string; notation: NumberNotation },
): Record<string, Float64Array> {
  const known = spec.known.map(({ name }) => name);
  const inputs = spec.inputs.map(({ name }) => name).filter((name) => !known.includes(name));
  const past = pastRows(rows, { inputs, known, horizon: spec.horizon });
  checkNumbers(rows.slice(0, past), [...inputs, ...known], { path, notation });
  checkNumbers(rows.slice(past), known, { path, notation });
  if (known.length && rows.length - past < spec.horizon) {
    throw new Error(
      `${path}: ${rows.length - past} rows follow the last one with ${inputs.join(', ')}; ` +
        `expected ${spec.horizon}, with ${known.join(', ')}, which the model needs ahead`,
    );
  }
  const column = (name: string, length: number) =>
    [name, Float64Array.from(rows.slice(0, length), ({ values }) => readNumber(values[name] as string, notation))] as const;
  return Object.fromEntries([...inputs.map((name) => column(name, past)), ...known.map((name) => column(name, rows.length))]);
}

/** The number of rows of the past: up to the last row with a value of an input that is not known ahead. */
function pastRows(rows: readonly Row[], { inputs, known, horizon }: { inputs: string[]; known: string[]; horizon: number }): number {
  if (known.length === 0) return rows.length;
  if (inputs.length === 0) return Math.max(0, rows.length - horizon);
  return rows.findLastIndex(({ values }) => inputs.some((name) => !isMissingNumber(values[name] ?? ''))) + 1;
}

function checkNumbers(
  rows: readonly Row[],
  columns: readonly string[],
  { path, notation }: { path: string; notation: NumberNotation },
): void {
  for (const { line, values } of rows) {
    const problem = problemIn(values, columns, notation);
    if (problem !== undefined) throw new Error(`${path}, line ${line}: ${problem}`);
  }
}
