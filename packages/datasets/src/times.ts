import { readNumber } from './number-notation.ts';

/** Whether day or month comes first in dates such as 03/04/2024. */
export type DateOrder = 'day first' | 'month first';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH =
  '(?<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?';
const AND_CLOCK = '(?:,? +(?<clock>.+))?';
const SLASHED = new RegExp(`^(?<first>\\d{1,2})[/-](?<second>\\d{1,2})[/-](?<year>\\d{4})${AND_CLOCK}$`);
const FORMS = [
  // 2024-12-31T10:00, 2024/12, 31.12.2024
  /^(?<year>\d{4})[-/](?<month>\d{1,2})(?:[-/](?<day>\d{1,2}))?(?:[T ]+(?<clock>.+))?$/,
  new RegExp(`^(?<day>\\d{1,2})\\.(?<month>\\d{1,2})\\.(?<year>\\d{4})${AND_CLOCK}$`),
  // 31 Dec 2024, Dec 31, 2024, Dec 2024
  new RegExp(`^(?:[a-z]{3,9},? +)?(?<day>\\d{1,2})[ -]${MONTH},?[ -](?<year>\\d{4})${AND_CLOCK}$`, 'i'),
  new RegExp(`^${MONTH} +(?<day>\\d{1,2}),? +(?<year>\\d{4})${AND_CLOCK}$`, 'i'),
  new RegExp(`^${MONTH}[ -](?<year>\\d{4})$`, 'i'),
  // Tue Dec 31 10:00:00 PST 2024: a zone without an offset is read as UTC.
  new RegExp(`^[a-z]{3} ${MONTH} +(?<day>\\d{1,2}) (?<clock>\\d\\d:\\d\\d:\\d\\d(?: [+-]\\d{4})?)(?: [A-Z]{3,4})? (?<year>\\d{4})$`, 'i'),
  // 2024-Q4, Q4 2024
  /^(?<year>\d{4})[- ]?Q(?<quarter>[1-4])$/i,
  /^Q(?<quarter>[1-4])[ /-]?(?<year>\d{4})$/i,
];
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?(?: ?([ap])\.?m\.?)?(?: ?(Z|UTC|GMT|[+-]\d{2}:?(?:\d{2})?))?$/i;

/**
 * A date, with or without a time of day, as milliseconds since 1970; UTC if it has no zone. Undefined for anything else, and for a
 * slashed date if `order` is not given and no number above 12 shows which part is the day.
 */
export function readDate(cell: string, order?: DateOrder): number | undefined {
  const text = cell.trim();
  const slashed = SLASHED.exec(text)?.groups;
  if (slashed) {
    const { year, first, second, clock } = slashed;
    const shown = orderOf(text);
    const known = shown !== 'either' ? shown : first === second ? 'day first' : order;
    return known && instant(known === 'day first' ? [year, second, first] : [year, first, second], clock);
  }
  for (const form of FORMS) {
    const parts = form.exec(text)?.groups;
    if (!parts) continue;
    const { year, name, quarter, day = '1', clock } = parts;
    const month = name ? MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1 : quarter ? 3 * Number(quarter) - 2 : parts.month;
    return instant([year, String(month), day], clock);
  }
  return undefined;
}

/** The order that a slashed date shows; undefined if the cell is not a slashed date. */
export function orderOf(cell: string): DateOrder | 'either' | undefined {
  const { first, second } = SLASHED.exec(cell.trim())?.groups ?? {};
  if (first === undefined) return undefined;
  if (Number(first) > 12) return Number(second) > 12 ? undefined : 'day first';
  return Number(second) > 12 ? 'month first' : 'either';
}

function instant(date: readonly (string | undefined)[], clock: string | undefined): number | undefined {
  const [year = 0, month = 0, day = 0] = date.map(Number);
  const midnight = Date.UTC(year, month - 1, day);
  const read = new Date(midnight);
  if (read.getUTCMonth() !== month - 1 || read.getUTCDate() !== day) return undefined;
  if (clock === undefined) return midnight;
  const [, h = '', minutes = '', seconds = '0', fraction = '0', half, zone = ''] = CLOCK.exec(clock.trim()) ?? [];
  const hours = half === undefined ? Number(h) : (Number(h) % 12) + (/p/i.test(half) ? 12 : 0);
  if (h === '' || hours > 24 || Number(minutes) > 59 || Number(seconds) > 60) return undefined;
  const [, sign, zoneHours = '0', zoneMinutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? [];
  const away = (sign === '-' ? -1 : 1) * (Number(zoneHours) * 60 + Number(zoneMinutes));
  return midnight + ((hours * 60 + Number(minutes) - away) * 60 + Number(seconds) + Number(fraction)) * 1000;
}

/** A column of times. */
export interface Times {
  /** Milliseconds since 1970, or plain numbers such as years; NaN for a cell that cannot be read. */
  instants: Float64Array;
  unit: TimeUnit;
}

export type TimeUnit = 'milliseconds' | 'numbers';

/** Ranges that all numbers of a column must be in: 1973 to 2603 in seconds, milliseconds and microseconds. */
const UNIX = [
  { from: 1e8, to: 2e10, milliseconds: 1000 },
  { from: 1e11, to: 2e13, milliseconds: 1 },
  { from: 1e14, to: 2e16, milliseconds: 0.001 },
];

/**
 * Reads a column of times: dates, dates such as 20240131, Unix times, or other numbers that only order the rows.
 * @param where names the column in messages.
 * @throws if its dates are slashed and do not show whether day or month comes first.
 */
export function readTimes(cells: readonly string[], where: string): Times {
  const numbers = Float64Array.from(cells, (cell) => readNumber(cell));
  const present = numbers.filter((value) => !Number.isNaN(value));
  if (2 * present.length < cells.length) return { instants: readDates(cells, where), unit: 'milliseconds' };
  const compact = Float64Array.from(cells, (cell) => readCompactDate(cell) ?? Number.NaN);
  if (compact.filter((value) => !Number.isNaN(value)).length === present.length) return { instants: compact, unit: 'milliseconds' };
  const unix = UNIX.find(({ from, to }) => present.every((value) => value >= from && value < to));
  return unix
    ? { instants: numbers.map((value) => value * unix.milliseconds), unit: 'milliseconds' }
    : { instants: numbers, unit: 'numbers' };
}

function readDates(cells: readonly string[], where: string): Float64Array {
  const orders = new Set(cells.map(orderOf));
  if (orders.has('either') && orders.has('day first') === orders.has('month first')) {
    const example = cells.find((cell) => orderOf(cell) === 'either') as string;
    throw new Error(`${where}: dates such as ${example.trim()} may have the day or the month first; write them as 2024-12-31`);
  }
  const order = orders.has('day first') ? 'day first' : 'month first';
  return Float64Array.from(cells, (cell) => readDate(cell, order) ?? Number.NaN);
}

/** A date such as 20240131 as milliseconds since 1970; undefined for anything else. */
export function readCompactDate(cell: string): number | undefined {
  const [, year, month, day] = /^((?:1[89]|2[01])\d{2})(\d{2})(\d{2})$/.exec(cell.trim()) ?? [];
  return year === undefined ? undefined : instant([year, month, day], undefined);
}

/** Whether a number is in the range of Unix times. */
export const isUnixTime = (value: number) => UNIX.some(({ from, to }) => value >= from && value < to);
