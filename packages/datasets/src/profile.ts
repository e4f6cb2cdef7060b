import type { RecordFile } from './records.ts';

/** What a column of a file holds. */
export interface ColumnProfile {
  name: string;
  type: 'number' | 'time' | 'category' | 'text' | 'empty';
  /** Rows in which it is empty. */
  missing: number;
  /** Different values, counted up to a limit. */
  distinct: number;
  /** Of its values as text. */
  meanLength: number;
  /** How often each value occurs, while there are few. */
  counts: ReadonlyMap<string, number> | undefined;
}

export interface FileProfile {
  rows: number;
  columns: ColumnProfile[];
  /** Rows that cannot be read, the first ones. */
  problems: { line: number; problem: string }[];
  badRows: number;
}

/** Values that are counted one by one; a column with more is no category. */
const DISTINCT_COUNTED = 1000;
/** A category has fewer values than this, and than a fifth of its rows. */
const CATEGORIES = 100;
const PROBLEMS_KEPT = 10;
/** Share of a column's values that make it one of numbers, or times; the rest are errors. */
const MOSTLY = 0.95;

/** Reads a file once and says what its columns hold. */
export function profileFile(file: RecordFile): FileProfile {
  const seen = file.columns.map((name) => ({
    name,
    missing: 0,
    numbers: 0,
    times: 0,
    length: 0,
    counts: new Map<string, number>(),
    many: false,
  }));
  const problems: FileProfile['problems'] = [];
  let [rows, badRows] = [0, 0];
  for (const { values, problem, line } of file.records()) {
    if (!values) {
      if (badRows++ < PROBLEMS_KEPT) problems.push({ line, problem: problem ?? 'unreadable' });
      continue;
    }
    rows++;
    for (const column of seen) {
      const value = values[column.name]?.trim() ?? '';
      if (value === '') {
        column.missing++;
        continue;
      }
      column.length += value.length;
      if (Number.isFinite(Number(value))) column.numbers++;
      else if (/\d{4}|\d+[:/.-]\d+/.test(value) && !Number.isNaN(Date.parse(value))) column.times++;
      if (column.counts.size < DISTINCT_COUNTED || column.counts.has(value)) column.counts.set(value, (column.counts.get(value) ?? 0) + 1);
      else column.many = true;
    }
  }
  const columns = seen.map(({ name, missing, numbers, times, length, counts, many }): ColumnProfile => {
    const present = rows - missing;
    const few = !many && counts.size <= Math.min(CATEGORIES, present / 5);
    const type =
      present === 0 ? 'empty' : numbers >= MOSTLY * present ? 'number' : times >= MOSTLY * present ? 'time' : few ? 'category' : 'text';
    return { name, type, missing, distinct: counts.size, meanLength: length / Math.max(1, present), counts: few ? counts : undefined };
  });
  return { rows, columns, problems, badRows };
}
