// Legends: the meaning of colours, lines and marks.
import { h } from './dom.js';

/** A list of swatches, each with its meaning. @param {...HTMLElement} entries */
export const legend = (...entries) => h('ul', { class: 'legend', 'aria-label': 'Legend' }, ...entries);

/** @param {string} kind the swatch's class in styles/answers.css @param {string} meaning @param {string} [colour] */
export function entry(kind, meaning, colour) {
  const swatch = h('i', { class: `swatch ${kind}` });
  if (colour !== undefined) swatch.style.setProperty('--swatch', colour);
  return h('li', {}, swatch, meaning);
}
