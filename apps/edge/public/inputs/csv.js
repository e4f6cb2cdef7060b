// A table as text: read by column name, each cell with its line.
import { listed } from '../dom.js';
import { InputError } from '../field.js';
// @ts-expect-error the build makes lib/
import { parse } from '../lib/csv-parse.js';

/**
 * @typedef {{ text: string, line: number }} Cell
 * @typedef {{ names: string[], units: Record<string, string>, cells: Record<string, Cell[]>, lines: number[], decimalComma: boolean }} Table
 *   `lines` is the line of each row; a unit stands in brackets after the name: "temp_max (°C)"
 */

const separators = [',', ';', '\t', '|'];

/** @param {string} text @returns {Table} @throws {InputError} that names the line */
export function readTable(text) {
  const [head = ''] = text.trimStart().split(/\r?\n/, 1);
  const delimiter = separators.reduce((best, each) => (head.split(each).length > head.split(best).length ? each : best));
  const [header, ...rows] = records(text, delimiter);
  if (!header || rows.length === 0)
    throw new InputError('The table is empty. Its first line names the columns; a row follows on each line.');
  const titles = header.record.map((title) => /^(.*?)\s*(?:\(([^()]*)\))?$/.exec(title) ?? [title, title]);
  const names = titles.map(([, name = '']) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new InputError(`Column '${twice}' stands twice in the first line.`);
  return {
    names,
    units: Object.fromEntries(titles.flatMap(([, name = '', unit]) => (unit ? [[name, unit]] : []))),
    cells: Object.fromEntries(names.map((name, i) => [name, rows.map(({ record, line }) => ({ text: record[i] ?? '', line }))])),
    lines: rows.map(({ line }) => line),
    decimalComma: delimiter !== ',',
  };
}

/** @param {string} text @param {string} delimiter @returns {{ record: string[], line: number }[]} */
function records(text, delimiter) {
  let last = 0;
  const options = {
    bom: true,
    delimiter,
    info: true,
    skip_empty_lines: true,
    trim: true,
    on_record: (/** @type {any} */ { record, info }) => {
      last = info.lines;
      return { record, line: info.lines };
    },
  };
  try {
    return parse(text, options);
  } catch (error) {
    const { code, lines, record, message } = /** @type {any} */ (error);
    if (code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH') {
      const cells = record.length === 1 ? '1 cell' : `${record.length} cells`;
      throw new InputError(`Line ${lines}: this row has ${cells}, the first line names ${/expect (\d+)/.exec(message)?.[1]} columns.`);
    }
    if (code === 'CSV_QUOTE_NOT_CLOSED') throw new InputError(`A quote opens after line ${last} and never closes.`);
    throw new InputError(`Line ${lines}: a quote stands inside a cell. Write it twice, and quote the whole cell.`);
  }
}

/** The table with its columns named as the model names them where they differ in capitals alone. @param {Table} table @param {readonly string[]} wanted @returns {Table} */
export function namedAs(table, wanted) {
  const isMeant = (/** @type {string} */ own, /** @type {string} */ name) =>
    !table.names.includes(own) && own.toLowerCase() === name.toLowerCase();
  const meant = (/** @type {string} */ name) => (wanted.includes(name) ? name : (wanted.find((own) => isMeant(own, name)) ?? name));
  /** @template T @param {Record<string, T>} byName */
  const renamed = (byName) => Object.fromEntries(Object.entries(byName).map(([name, value]) => [meant(name), value]));
  return { ...table, names: table.names.map(meant), units: renamed(table.units), cells: renamed(table.cells) };
}

/**
 * Columns of numbers by the names that the model gives them. Cells at a column's end may be empty; it is that much shorter.
 * @param {Table} table @param {readonly string[]} wanted
 * @returns {Record<string, number[]>}
 * @throws {InputError} that names every missing column, or the line of the first cell that is no number
 */
export function numbersOf(table, wanted) {
  const missing = wanted.filter((name) => !table.names.includes(name));
  if (missing.length > 0) {
    const which = missing.length === 1 ? `Column ${quoted(missing)} is missing.` : `Columns ${quoted(missing)} are missing.`;
    throw new InputError(`${which} The table has ${quoted(table.names)}.`);
  }
  return Object.fromEntries(wanted.map((name) => [name, columnOf(table, name)]));
}

/** @param {Table} table @param {string} name */
function columnOf({ cells, decimalComma }, name) {
  const all = cells[name] ?? [];
  const filled = all.slice(0, all.findLastIndex(({ text }) => text !== '') + 1);
  return filled.map(({ text, line }) => {
    const value = Number(decimalComma ? text.replace(/^([+-]?\d+),(\d+)$/, '$1.$2') : text);
    if (text === '') throw new InputError(`Line ${line}: '${name}' is empty. Fill it, or remove the row.`);
    if (!Number.isFinite(value)) throw new InputError(`Line ${line}: '${name}' is not a number: "${text.slice(0, 40)}".`);
    return value;
  });
}

/** @param {readonly string[]} names */
export const quoted = (names) => listed(names.map((name) => `'${name}'`));

/** Columns as a table's text, shorter ones left empty at their end. @param {Record<string, readonly (number | string)[]>} columns */
export function tableText(columns) {
  const rows = Math.max(...Object.values(columns).map((values) => values.length));
  const lines = Array.from({ length: rows }, (_, row) =>
    Object.values(columns)
      .map((values) => values[row] ?? '')
      .join(','),
  );
  return [Object.keys(columns).join(','), ...lines].join('\n');
}
