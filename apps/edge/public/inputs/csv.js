// Reads a table from text, by column name. Each cell keeps its line. Cells, numbers and dates are parsed as in training.
import { counted, listed } from '../dom.js';
import { InputError } from '../field.js';
// @ts-expect-error the build makes lib/
import { csvRows, isMissingNumber, notationOf, numberProblem, readNumber, separatorOf } from '../lib/tables.js';

/**
 * @typedef {{ text: string, line: number }} Cell
 * @typedef {{ names: string[], units: Record<string, string>, cells: Record<string, Cell[]>, lines: number[], separator: string }} Table
 *   `lines` is the line of each row. A unit follows its column's name in brackets: "temp_max (°C)"
 */

/** How many lines are examined for the separator. */
const SAMPLE = 100;

/** @param {string} text @returns {Table} @throws {InputError} that names the line */
export function readTable(text) {
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .map((each, i) => ({ text: each, end: '\n', line: i + 1, offset: 0, bytes: 0 }));
  const separator = separatorOf(lines.slice(0, SAMPLE));
  const [header, ...rows] = rowsOf(lines, separator);
  if (!header || rows.length === 0)
    throw new InputError('The table is empty. Its first line names the columns; a row follows on each line.');
  const titles = header.cells.map((title) => /^(.*?)\s*(?:\(([^()]*)\))?$/.exec(title) ?? [title, title]);
  const names = titles.map(([, name = '']) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new InputError(`The first line names column '${twice}' twice.`);
  return {
    names,
    units: Object.fromEntries(titles.flatMap(([, name = '', unit]) => (unit ? [[name, unit]] : []))),
    cells: Object.fromEntries(names.map((name, i) => [name, rows.map(({ cells, line }) => ({ text: cells[i] ?? '', line }))])),
    lines: rows.map(({ line }) => line),
    separator,
  };
}

/** Rows that are not blank, each with as many cells as the first. @param {object[]} lines @param {string} separator @returns {{ cells: string[], line: number }[]} */
function rowsOf(lines, separator) {
  /** @type {{ cells: string[], line: number }[]} */
  const rows = [];
  for (const { cells, problem, line } of csvRows(lines, separator, () => rows[0]?.cells.length)) {
    if (problem !== undefined) throw new InputError(`Line ${line}: ${problem}.`);
    const trimmed = cells.map((/** @type {string} */ cell) => cell.trim());
    if (trimmed.join('') === '') continue;
    const wanted = rows[0]?.cells.length ?? trimmed.length;
    if (trimmed.length !== wanted)
      throw new InputError(
        `Line ${line}: this row has ${counted(trimmed.length, 'cell')}, but the first line names ${counted(wanted, 'column')}.`,
      );
    rows.push({ cells: trimmed, line });
  }
  return rows;
}

/** The table with the model's spelling for each column whose name differs only in upper and lower case. @param {Table} table @param {readonly string[]} wanted @returns {Table} */
export function namedAs(table, wanted) {
  const isMeant = (/** @type {string} */ own, /** @type {string} */ name) =>
    !table.names.includes(own) && own.toLowerCase() === name.toLowerCase();
  const meant = (/** @type {string} */ name) => (wanted.includes(name) ? name : (wanted.find((own) => isMeant(own, name)) ?? name));
  /** @template T @param {Record<string, T>} byName */
  const renamed = (byName) => Object.fromEntries(Object.entries(byName).map(([name, value]) => [meant(name), value]));
  return { ...table, names: table.names.map(meant), units: renamed(table.units), cells: renamed(table.cells) };
}

/**
 * The table's columns of numbers, under the model's names. Empty cells at a column's end make the column shorter.
 * @param {Table} table @param {readonly string[]} wanted
 * @returns {Record<string, number[]>}
 * @throws {InputError} that names every missing column, or the line of the first cell that is not a number
 */
export function numbersOf(table, wanted) {
  const missing = wanted.filter((name) => !table.names.includes(name));
  if (missing.length > 0) {
    const which = missing.length === 1 ? `Column ${quoted(missing)} is missing.` : `Columns ${quoted(missing)} are missing.`;
    throw new InputError(`${which} The table has ${quoted(table.names)}.`);
  }
  const rows = table.lines.map((_, row) => Object.fromEntries(wanted.map((name) => [name, table.cells[name]?.[row]?.text ?? ''])));
  const notation = notationOf(rows, wanted, table.separator);
  return Object.fromEntries(
    wanted.map((name) => {
      const filled = filledOf(table.cells[name] ?? []);
      const wrong = filled.find(({ text }) => numberProblem(text, notation) !== undefined);
      if (wrong) throw new InputError(`Line ${wrong.line}: '${name}' ${numberProblem(wrong.text, notation)}.`);
      return [name, filled.map(({ text }) => readNumber(text, notation))];
    }),
  );
}

/** A column without the empty cells at its end. @param {readonly Cell[]} cells */
export const filledOf = (cells) => cells.slice(0, cells.findLastIndex(({ text }) => !isMissingNumber(text)) + 1);

/** @param {readonly string[]} names */
export const quoted = (names) => listed(names.map((name) => `'${name}'`));

/** Writes columns as a table's text; a shorter column ends in empty cells. @param {Record<string, readonly (number | string)[]>} columns */
export function tableText(columns) {
  const rows = Math.max(...Object.values(columns).map((values) => values.length));
  const lines = Array.from({ length: rows }, (_, row) =>
    Object.values(columns)
      .map((values) => values[row] ?? '')
      .join(','),
  );
  return [Object.keys(columns).join(','), ...lines].join('\n');
}
