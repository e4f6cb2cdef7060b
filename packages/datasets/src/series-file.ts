import { createLeftOut, type LeftOut } from './left-out.ts';
import { isMissing } from './missing-words.ts';
import { problemIn } from './number-file.ts';
import { type NumberNotation, readNumber } from './number-notation.ts';
import { checkColumns, openRecords, type TableOptions } from './records.ts';
import { checkSeries, type Series } from './series.ts';
import { REPEATED_AT_MOST } from './series-column.ts';
import { noteOnSteps } from './time-steps.ts';
import { readTimes, type TimeUnit } from './times.ts';

export interface SeriesFileOptions extends TableOptions {
  /** The columns of numbers to read. */
  columns: readonly string[];
  /** The column with the time of each row. Without one, rows keep the file's order. */
  time?: string | undefined;
  /** The column that tells several series apart. */
  series?: string | undefined;
  /** How numbers are written; by default with a decimal point and no thousands separator. */
  numbers?: NumberNotation | undefined;
}

interface Row {
  line: number;
  /** The table's own text. */
  time: string;
  instant: number;
  series: string;
  numbers: number[];
}

/**
 * Loads a table of numbers over time. Rows are sorted by time within their series. A row without a number, a time or the name of its
 * series is left out, and so is a row that repeats a time. `notes` lists what was sorted and left out, and which steps are missing.
 * @throws if a column is missing, if less than half of the rows can be used, or if too many rows repeat a time.
 */
export function loadSeriesFile(path: string, options: SeriesFileOptions): Series {
  const { columns, time, series } = options;
  const leftOut = createLeftOut(path);
  const complete = readRows(path, options, leftOut);
  const { members, notes } =
    time === undefined ? { members: bySeries(complete), notes: [] } : orderedInTime(complete, { path, time, series }, leftOut);
  const rows = [...members.values()].flat();
  checkEnough(path, rows.length, leftOut);
  let end = 0;
  const loaded: Series = {
    name: path,
    source: path,
    time: rows.map((row, i) => (time === undefined ? String(i + 1) : row.time)),
    columns: Object.fromEntries(columns.map((column, i) => [column, Float64Array.from(rows, (row) => row.numbers[i] as number)])),
    instants: time === undefined ? undefined : Float64Array.from(rows, (row) => row.instant),
    parts:
      series === undefined
        ? undefined
        : [...members].map(([name, own]) => {
            const start = end;
            end += own.length;
            return { name, start, end };
          }),
    notes: [...notes, ...leftOut.sentences()],
  };
  checkSeries(loaded);
  return loaded;
}

function readRows(path: string, { columns, time, series, numbers, ...table }: SeriesFileOptions, leftOut: LeftOut): Row[] {
  const file = openRecords(path, table);
  const names = [time, series].filter((name) => name !== undefined);
  checkColumns(file, [...columns, ...names]);
  const rows: Row[] = [];
  for (const { values, problem, line } of file.records()) {
    const missing = names.find((name) => isMissing(values?.[name] ?? ''));
    const wrong =
      problem ?? problemIn(values ?? {}, columns, numbers) ?? (missing === undefined ? undefined : `column '${missing}' is empty`);
    if (wrong !== undefined || !values) leftOut.add(line, wrong ?? 'it cannot be read');
    else {
      rows.push({
        line,
        time: time === undefined ? '' : (values[time] as string).trim(),
        instant: Number.NaN,
        series: series === undefined ? '' : (values[series] as string).trim(),
        numbers: columns.map((column) => readNumber(values[column] as string, numbers)),
      });
    }
  }
  return rows;
}

const bySeries = (rows: readonly Row[]) => Map.groupBy(rows, (row) => row.series);

/** The rows of each series sorted by time, and notes on what was sorted, left out and is missing. */
function orderedInTime(
  rows: readonly Row[],
  { path, time, series }: { path: string; time: string; series: string | undefined },
  leftOut: LeftOut,
): { members: Map<string, Row[]>; notes: string[] } {
  const { placed, unit } = placedInTime(rows, { path, time }, leftOut);
  const members = bySeries(placed);
  const backwards = [...members.values()].flatMap((own) => own.filter((row, i) => i > 0 && row.instant < (own[i - 1] as Row).instant));
  const repeated: Row[] = [];
  for (const [name, own] of members) {
    const sorted = own.toSorted((a, b) => a.instant - b.instant);
    const isRepeat = (row: Row, i: number) => i > 0 && row.instant === (sorted[i - 1] as Row).instant;
    for (const row of sorted.filter(isRepeat)) repeated.push(row);
    members.set(
      name,
      sorted.filter((row, i) => !isRepeat(row, i)),
    );
  }
  if (repeated.length > REPEATED_AT_MOST * placed.length) {
    const remedy =
      series === undefined
        ? `If the table holds several series, name the column that tells them apart as series.`
        : `Each row of a series in '${series}' needs a time of its own.`;
    throw new Error(
      `${path}: ${repeated.length.toLocaleString('en')} of ${placed.length.toLocaleString('en')} rows repeat a time in '${time}'. ${remedy}`,
    );
  }
  for (const { line, time: at } of repeated) leftOut.add(line, `time ${at} is repeated`);
  return {
    members,
    notes: [
      ...(backwards.length
        ? [
            `${path}: rows are sorted by '${time}'; the first out of order is on line ${backwards.reduce((first, { line }) => Math.min(first, line), Number.POSITIVE_INFINITY)}`,
          ]
        : []),
      ...(repeated.length
        ? [`${path}: ${repeated.length.toLocaleString('en')} rows repeat a time in '${time}'; the first row of each time is kept`]
        : []),
      ...noteOnSteps(path, [...members.values()], unit),
    ],
  };
}

function placedInTime(
  rows: readonly Row[],
  { path, time }: { path: string; time: string },
  leftOut: LeftOut,
): { placed: Row[]; unit: TimeUnit } {
  const { instants, unit } = readTimes(
    rows.map((row) => row.time),
    `${path}, column '${time}'`,
  );
  const placed: Row[] = [];
  for (const [i, row] of rows.entries()) {
    const instant = instants[i] as number;
    if (Number.isNaN(instant)) leftOut.add(row.line, `column '${time}' holds ${JSON.stringify(row.time)}; expected a time`);
    else placed.push({ ...row, instant });
  }
  return { placed, unit };
}

function checkEnough(path: string, rows: number, leftOut: LeftOut): void {
  if (rows > leftOut.count) return;
  const [first] = leftOut.sentences();
  if (first === undefined) throw new Error(`${path} holds no rows`);
  throw new Error(
    `${path}: ${leftOut.count.toLocaleString('en')} of ${(rows + leftOut.count).toLocaleString('en')} rows cannot be used. ${first}`,
  );
}
