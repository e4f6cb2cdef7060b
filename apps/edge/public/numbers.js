// The numbers of a chart as a table.
import { h } from './dom.js';

/** @param {readonly string[]} columns @param {readonly (readonly string[])[]} rows the first cell of each is its name */
export function numbersTable(columns, rows) {
  const head = h('tr', {}, ...columns.map((column) => h('th', { scope: 'col' }, column)));
  const body = rows.map(([name = '', ...cells]) => h('tr', {}, h('th', { scope: 'row' }, name), ...cells.map((cell) => h('td', {}, cell))));
  return h('table', {}, h('thead', {}, head), h('tbody', {}, ...body));
}

/** A section that opens on demand, and whose table can be replaced without closing it. */
export function numbersSection() {
  // The table scrolls sideways, so it must be reachable by keyboard.
  const room = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'The numbers' });
  const element = h('details', { class: 'figures', hidden: true }, h('summary', {}, 'The numbers'), room);
  return {
    element,
    /** @param {HTMLTableElement | undefined} table */
    show(table) {
      element.hidden = table === undefined;
      room.replaceChildren(...(table ? [table] : []));
    },
  };
}
