// Dates of a table's rows, and of the rows after the last.
import { InputError } from '../field.js';
// @ts-expect-error the build makes lib/
import { readTimes } from '../lib/tables.js';
import { filledOf } from './csv.js';

/** @typedef {{ name: string, seconds: number[], hasTime: boolean }} Dates UTC seconds of each row; `hasTime` where rows are less than a day apart */

const DAY = 86_400;

/**
 * The dates of the first column that holds dates and is not an input of the model. Cells at its end may be empty.
 * @param {import('./csv.js').Table} table @param {readonly string[]} read columns of the model
 * @returns {Dates | undefined}
 * @throws {InputError} if the rows are not in the order of their dates, or a row has no date
 */
export function datesOf({ names, cells }, read) {
  for (const name of names.filter((each) => !read.includes(each))) {
    const filled = filledOf(cells[name] ?? []);
    const seconds = secondsOf(filled, name);
    if (!seconds) continue;
    const wrong = filled.find((_, i) => i > 0 && /** @type {number} */ (seconds[i]) <= /** @type {number} */ (seconds[i - 1]));
    if (wrong) {
      // Numbers that happen to be in the range of Unix times.
      if (filled.every(({ text }) => Number.isFinite(Number(text)))) continue;
      throw new InputError(
        `Line ${wrong.line}: ${wrong.text} does not come after the row above. Put one row for each date, the oldest first.`,
      );
    }
    return { name, seconds, hasTime: seconds.some((second) => second % DAY !== 0) };
  }
  return undefined;
}

/**
 * Undefined if most cells hold no date.
 * @param {readonly import('./csv.js').Cell[]} cells @param {string} column
 * @throws {InputError} that names the line of the first cell without a date, or asks for the order of day and month
 */
function secondsOf(cells, column) {
  const { instants, unit } = timesOf(
    cells.map(({ text }) => text),
    column,
  );
  const dates = Array.from(instants, (instant) => instant / 1000);
  const isDate = (/** @type {number} */ second) => !Number.isNaN(second);
  if (unit !== 'milliseconds' || 2 * dates.filter(isDate).length <= dates.length) return undefined;
  const wrong = cells.find((_, i) => Number.isNaN(dates[i]));
  if (wrong) {
    const held = wrong.text === '' ? 'is empty' : `holds "${wrong.text.slice(0, 40)}"`;
    throw new InputError(`Line ${wrong.line}: '${column}' ${held}; expected a date such as 2015-07-31.`);
  }
  return dates;
}

/** @param {string[]} texts @param {string} column @returns {{ instants: Float64Array, unit: string }} */
function timesOf(texts, column) {
  try {
    return readTimes(texts, `Column '${column}'`);
  } catch (error) {
    throw new InputError(`${/** @type {Error} */ (error).message}.`);
  }
}

/** The dates of `count` rows after the last one, as far apart as the last two. @param {readonly number[]} seconds @param {number} count */
export function datesAfter(seconds, count) {
  const [before = 0, last = before + DAY] = seconds.slice(-2);
  const gap = last - before;
  const date = new Date(last * 1000);
  // Months are of different lengths.
  const isMonthly = gap >= 28 * DAY && gap <= 31 * DAY && new Date(before * 1000).getUTCDate() === date.getUTCDate();
  return Array.from({ length: count }, (_, i) =>
    isMonthly ? Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + i + 1, date.getUTCDate()) / 1000 : last + gap * (i + 1),
  );
}

/** Whether some rows are further apart than others. @param {readonly number[]} seconds */
export function hasGaps(seconds) {
  const gaps = seconds.slice(1).map((second, i) => second - /** @type {number} */ (seconds[i]));
  return Math.max(...gaps) > 1.5 * Math.min(...gaps);
}

/** "31 Jul", or "31 Jul, 14:00" @param {number} seconds @param {{ hasTime: boolean, withYear?: boolean }} how */
export function dateText(seconds, { hasTime, withYear = false }) {
  return new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(withYear && { year: 'numeric' }),
    ...(hasTime && { hour: '2-digit', minute: '2-digit' }),
    timeZone: 'UTC',
  }).format(seconds * 1000);
}

const DAYS_A_YEAR = 365.2425;
const yearAngle = (/** @type {number} */ seconds) => {
  const year = Date.UTC(new Date(seconds * 1000).getUTCFullYear(), 0, 1) / 1000;
  return (2 * Math.PI * Math.floor((seconds - year) / DAY)) / DAYS_A_YEAR;
};

/** Columns that follow from a date alone: the day of the year, as in data set 'seattle-weather'. @type {Readonly<Record<string, (seconds: number) => number>>} */
export const calendar = {
  year_sin: (seconds) => Math.sin(yearAngle(seconds)),
  year_cos: (seconds) => Math.cos(yearAngle(seconds)),
};
