// The input of a forecast: the table's columns that the model reads, with the dates of its rows.
import { InputError } from '../field.js';
import { namedAs, numbersOf, quoted, readTable } from './csv.js';
import { calendar, datesAfter, datesOf, hasGaps } from './dates.js';

/**
 * @typedef {{ horizon: number, inputs: { name: string }[], known: { name: string }[], targets: { name: string }[] }} ForecastTask
 * @typedef {{
 *   columns: Record<string, number[]>, rows: number, units: Record<string, string>, notes: string[],
 *   dates: undefined | { seconds: number[], hasTime: boolean },
 * }} History `columns` and `dates.seconds` cover all rows of the past; known columns and dates cover `horizon` rows more
 */

/** The columns that the model reads, each once. @param {ForecastTask} task */
export const columnsRead = ({ inputs, known }) => [...new Set([...inputs, ...known].map(({ name }) => name))];

/** @param {string} text @param {ForecastTask} task @returns {History} @throws {InputError} */
export function readHistory(text, task) {
  const names = columnsRead(task);
  const targets = task.targets.map(({ name }) => name);
  const table = namedAs(readTable(text), [...names, ...targets]);
  const known = new Set(task.known.map(({ name }) => name));
  const dates = datesOf(table, names);
  const derived = names.filter((name) => Object.hasOwn(calendar, name) && !table.names.includes(name));
  const given = names.filter((name) => !derived.includes(name));
  const columns = numbersOf(table, given);
  if (derived.length > 0 && !dates)
    throw new InputError(`No column holds dates such as 2015-07-31, which give ${quoted(derived)}. The table has ${quoted(table.names)}.`);
  const rows = rowsOfPast(columns, given, known, task.horizon, table.lines);

  if (dates && dates.seconds.length < rows) throw new InputError(`Line ${table.lines[dates.seconds.length]}: '${dates.name}' is empty.`);
  const past = dates?.seconds.slice(0, rows) ?? [];
  const stated = dates?.seconds.slice(rows, rows + task.horizon) ?? [];
  const seconds = [...past, ...stated, ...datesAfter([...past, ...stated], task.horizon - stated.length)];
  for (const name of derived)
    columns[name] = seconds.slice(0, known.has(name) ? undefined : rows).map((each) => calendar[name]?.(each) ?? 0);

  Object.assign(
    columns,
    numbersOf(
      table,
      targets.filter((name) => !Object.hasOwn(columns, name) && table.names.includes(name)),
    ),
  );
  const unused = table.names.filter((name) => !Object.hasOwn(columns, name) && name !== dates?.name);
  return {
    columns: Object.fromEntries(
      Object.entries(columns).map(([name, values]) => [name, values.slice(0, known.has(name) ? rows + task.horizon : rows)]),
    ),
    rows,
    units: table.units,
    dates: dates && { seconds, hasTime: dates.hasTime },
    notes: [
      ...(unused.length ? [`Not used: ${quoted(unused)}.`] : []),
      ...(dates && hasGaps(past) ? ['Some dates are missing. The model reads the rows as evenly spaced.'] : []),
    ],
  };
}

/**
 * The number of rows that all columns of the past fill.
 * @param {Record<string, number[]>} columns @param {readonly string[]} names @param {ReadonlySet<string>} known
 * @param {number} horizon @param {readonly number[]} lines of the rows
 */
function rowsOfPast(columns, names, known, horizon, lines) {
  const lengthOf = (/** @type {string} */ name) => columns[name]?.length ?? 0;
  const past = names.filter((name) => !known.has(name));
  const first = past[0] ?? names[0] ?? '';
  const rows = past.length ? lengthOf(first) : lengthOf(first) - horizon;
  const other = past.find((name) => lengthOf(name) !== rows);
  if (other) {
    const ends = [first, other].map((name) => `'${name}' ends at line ${lines[lengthOf(name) - 1] ?? 1}`);
    throw new InputError(`${ends.join(', ')}. All columns of the past end on the same line.`);
  }
  const short = names.find((name) => known.has(name) && lengthOf(name) < rows + horizon);
  if (short) {
    const has = Math.max(0, lengthOf(short) - rows);
    throw new InputError(`'${short}' must be known ahead: it needs ${horizon} rows after the last row of the past, but has ${has}.`);
  }
  if (rows < 1) throw new InputError('The table has no row of the past.');
  return rows;
}

/** The last `most` rows as one input of the API. @param {History} history @param {readonly string[]} names @param {number} most */
export function latestRows({ columns, rows }, names, most) {
  const from = Math.max(0, rows - most);
  return Object.fromEntries(names.map((name) => [name, columns[name]?.slice(from) ?? []]));
}
