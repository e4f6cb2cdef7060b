import { isMissing, isMissingNumber } from './missing-words.ts';
import { MOSTLY, type NumberNotation, notationOf, numberProblem, readNumber } from './number-notation.ts';
import type { RecordFile } from './records.ts';
import { createTextTally, type TextShape } from './text-shape.ts';
import { readDate } from './times.ts';

/** What a column of a table holds. */
export interface ColumnProfile {
  name: string;
  type: 'number' | 'time' | 'category' | 'text' | 'empty';
  /** Rows without a value. */
  missing: number;
  /** In a column of numbers or times: cells that are neither that nor missing, and the line of the first. */
  odd: { count: number; line: number };
  /** Different values, counted up to a limit. */
  distinct: number;
  /** How often each value occurs; undefined if there are many values. */
  counts: ReadonlyMap<string, number> | undefined;
  /** The numbers of a column of numbers. */
  numbers: NumberShape;
  /** The column's cells as texts. */
  texts: TextShape;
}

export interface NumberShape {
  least: number;
  most: number;
  /** Whether all are integers. */
  whole: boolean;
  /** Whether each is one more than the number before it. */
  counter: boolean;
}

export interface FileProfile {
  rows: number;
  columns: ColumnProfile[];
  /** How the table's numbers are written. */
  notation: NumberNotation;
  /** The first rows that cannot be read. */
  problems: { line: number; problem: string }[];
  badRows: number;
}

/** At most this many different values are counted; a column with more is not a category. */
const DISTINCT_COUNTED = 1000;
/** A category has at most this many values, and at most one for every five rows. */
const CATEGORIES = 100;
const PROBLEMS_KEPT = 10;
/** How many rows are examined for how numbers are written. */
const ROWS_FOR_NOTATION = 5000;

/** Reads a table and describes its columns. */
export function profileFile(file: RecordFile): FileProfile {
  const notation = notationOf(firstRows(file, ROWS_FOR_NOTATION), file.columns, file.separator);
  const tallies = file.columns.map((name) => createColumnTally(name, notation));
  const problems: FileProfile['problems'] = [];
  let [rows, badRows] = [0, 0];
  for (const { values, problem, line } of file.records()) {
    if (!values) {
      if (badRows++ < PROBLEMS_KEPT) problems.push({ line, problem: problem ?? 'unreadable' });
      continue;
    }
    rows++;
    for (const tally of tallies) tally.add(values[tally.name] ?? '', line);
  }
  return { rows, columns: tallies.map((tally) => tally.profile(rows)), notation, problems, badRows };
}

function* firstRows(file: RecordFile, limit: number): Generator<Record<string, string>> {
  let count = 0;
  for (const { values } of file.records()) {
    if (count++ === limit) return;
    if (values) yield values;
  }
}

function createColumnTally(name: string, notation: NumberNotation) {
  let [missing, placeholders, numbers, times] = [0, 0, 0, 0];
  let many = false;
  const counts = new Map<string, number>();
  const firstOdd = { number: 0, time: 0 };
  const shape = createNumberTally();
  const texts = createTextTally();

  function add(cell: string, line: number): void {
    const value = cell.trim();
    if (isMissing(value)) {
      missing++;
      return;
    }
    texts.add(value);
    if (counts.size < DISTINCT_COUNTED || counts.has(value)) counts.set(value, (counts.get(value) ?? 0) + 1);
    else many = true;
    if (isMissingNumber(value)) placeholders++;
    else if (numberProblem(value, notation) === undefined) {
      numbers++;
      firstOdd.time ||= line;
      shape.add(readNumber(value, notation));
    } else {
      firstOdd.number ||= line;
      if (isDate(value)) times++;
      else firstOdd.time ||= line;
    }
  }

  function profile(rows: number): ColumnProfile {
    const present = rows - missing;
    const values = present - placeholders;
    const few = !many && counts.size <= Math.max(1, Math.min(CATEGORIES, present / 5));
    const mostly = (count: number) => values > 0 && count >= MOSTLY * values;
    const type = present === 0 ? 'empty' : mostly(numbers) ? 'number' : mostly(times) ? 'time' : few ? 'category' : 'text';
    const measured = type === 'number' || type === 'time';
    return {
      name,
      type,
      missing: measured ? missing + placeholders : missing,
      odd:
        type === 'number'
          ? { count: values - numbers, line: firstOdd.number }
          : type === 'time'
            ? { count: values - times, line: firstOdd.time }
            : { count: 0, line: 0 },
      distinct: counts.size,
      counts: few ? counts : undefined,
      numbers: shape.shape(),
      texts: texts.shape(),
    };
  }

  return { name, add, profile };
}

const isDate = (cell: string) => (readDate(cell, 'day first') ?? readDate(cell, 'month first')) !== undefined;

function createNumberTally() {
  let [count, least, most, last] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  let [whole, counter] = [true, true];
  return {
    add(value: number) {
      least = Math.min(least, value);
      most = Math.max(most, value);
      whole &&= Number.isInteger(value);
      if (count > 0 && value - last !== 1) counter = false;
      last = value;
      count++;
    },
    shape: (): NumberShape => ({ least, most, whole, counter: counter && whole && count > 1 }),
  };
}
