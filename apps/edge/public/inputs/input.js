// The control for a model's input. The API's example of the model shows what kind of input it reads.
import { h } from '../dom.js';
import { field, InputError, labelled } from '../field.js';
import { textField } from './text-field.js';

/**
 * @typedef {import('../field.js').Field & {
 *   read: () => { input: unknown, typed?: string, steps?: string[] } | undefined,
 * }} Input `read` returns undefined if there is nothing to ask; `steps` names the steps of an input that is not a text
 */

/** @param {import('../playground.js').Model} model @param {() => void} onChange @returns {Input} */
export function inputOf(model, onChange) {
  const { example } = model;
  if (typeof example === 'string') return textField(model, onChange);
  if (isList(example, 'number')) return idsField(example, onChange);
  if (Array.isArray(example) && example.every((row) => isList(row, 'number'))) return rowsField(example, onChange);
  if (isRow(example)) return rowField(example, onChange);
  return jsonField(example, onChange);
}

/** @param {unknown} value @param {string} type @returns {value is any[]} */
const isList = (value, type) => Array.isArray(value) && value.every((item) => typeof item === type);

/** @param {unknown} value @returns {value is Record<string, number>} */
const isRow = (value) => typeof value === 'object' && value !== null && isList(Object.values(value), 'number');

/** @param {string} id @param {number} rows @param {string} value @param {() => void} onChange */
function numbersArea(id, rows, value, onChange) {
  const area = h('textarea', { id, rows, class: 'numbers', spellcheck: 'false' });
  area.value = value;
  area.addEventListener('input', onChange);
  return area;
}

/** @param {string} text @param {string} where */
function numberOf(text, where) {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) throw new InputError(`${where} is not a number: "${text.slice(0, 40)}".`);
  return value;
}

/** @param {number[]} example @param {() => void} onChange @returns {Input} */
function idsField(example, onChange) {
  const area = numbersArea('input', 3, example.join(' '), onChange);
  return {
    ...labelled('Token ids, separated by spaces', area),
    read() {
      const pieces = area.value.split(/[\s,;]+/).filter((piece) => piece !== '');
      return pieces.length ? { input: pieces.map((piece, i) => numberOf(piece, `Id ${i + 1}`)), steps: pieces } : undefined;
    },
  };
}

/** @param {number[][]} example @param {() => void} onChange @returns {Input} */
function rowsField(example, onChange) {
  const area = numbersArea('input', 6, example.map((row) => row.join(', ')).join('\n'), onChange);
  return {
    ...labelled(`Rows of ${example[0]?.length ?? 0} numbers, one row a step`, area),
    read() {
      const lines = area.value.split(/\r?\n/).map((line, i) => ({ cells: line.trim().split(/[\s,;]+/), line: i + 1 }));
      const rows = lines.filter(({ cells }) => cells.join('') !== '');
      if (rows.length === 0) return undefined;
      const input = rows.map(({ cells, line }) => cells.map((cell, i) => numberOf(cell, `Line ${line}: number ${i + 1}`)));
      return { input, steps: rows.map(({ line }) => `line ${line}`) };
    },
  };
}

/** A row of a table: each column is a step. @param {Record<string, number>} example @param {() => void} onChange @returns {Input} */
function rowField(example, onChange) {
  const controls = Object.entries(example).map(([name, value], i) => {
    const control = h('input', { id: `column-${i}`, type: 'number', step: 'any', value: Number(value.toPrecision(4)) });
    control.addEventListener('input', onChange);
    return { name, control };
  });
  const cells = controls.map(({ name, control }) => h('div', {}, h('label', { for: control.id }, name), control));
  const group = h('fieldset', { id: 'row', class: 'fields' }, h('legend', {}, 'A row of the table'), ...cells);
  return {
    ...field(group),
    read: () => ({
      input: Object.fromEntries(controls.map(({ name, control }) => [name, numberOf(control.value, `'${name}'`)])),
      steps: Object.keys(example),
    }),
  };
}

/** @param {unknown} example @param {() => void} onChange @returns {Input} */
function jsonField(example, onChange) {
  const area = numbersArea('input', 6, JSON.stringify(example, null, 2), onChange);
  return {
    ...labelled('One input, as JSON', area),
    read() {
      try {
        return area.value.trim() === '' ? undefined : { input: JSON.parse(area.value) };
      } catch (error) {
        throw new InputError(`This is not JSON: ${/** @type {Error} */ (error).message}.`);
      }
    },
  };
}
