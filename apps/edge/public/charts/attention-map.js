// Attention as a heat map: a row for each token written, a column for each token read.
import { h, percent } from '../dom.js';
import { tint } from '../palette.js';

/** @typedef {{ source: string[], target: string[], weights: number[][] }} Attention weights [target, source] */

/** @param {Attention} attention */
export function attentionMap({ source, target, weights }) {
  const head = h('tr', {}, h('td', {}), ...source.map((token) => h('th', { scope: 'col' }, h('span', {}, token))));
  const rows = target.map((token, t) =>
    h('tr', {}, h('th', { scope: 'row' }, token), ...source.map((read, s) => cell(token, read, weights[t]?.[s] ?? 0))),
  );
  const table = h('table', { class: 'heat' }, h('thead', {}, head), h('tbody', {}, ...rows));
  return h(
    'figure',
    { id: 'attention', class: 'attention' },
    h('figcaption', {}, 'Attention ', h('span', { class: 'quiet' }, 'what each token of the translation read, in percent')),
    // The table scrolls sideways, so it must be reachable by keyboard.
    h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Attention' }, table),
  );
}

/** @param {string} written @param {string} read @param {number} weight 0 to 1 */
function cell(written, read, weight) {
  const element = h('td', { title: `${written} read ${read}: ${percent(weight)}` }, String(Math.round(weight * 100)));
  tint(element, 'var(--accent)', weight);
  if (weight < 0.005) element.className = 'quiet';
  return element;
}
