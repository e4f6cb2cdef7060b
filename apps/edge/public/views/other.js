// Any task without a view of its own: its answer as a list of names and values.
import { h } from '../dom.js';
import { followInput } from '../inputs/follow-input.js';

/** @param {import('../playground.js').Stage} stage */
export function mount(stage) {
  const answer = h('div', { id: 'answer', 'aria-live': 'polite' });
  const output = h('section', { 'aria-label': 'The answer' }, answer);
  return followInput(stage, {
    output,
    delay: 300,
    show: (prediction) => answer.replaceChildren(outline(prediction)),
    clear: () => answer.replaceChildren(),
  });
}

/** @param {unknown} value @returns {Node} */
function outline(value) {
  if (Array.isArray(value) && value.some((item) => typeof item === 'object')) {
    return h('ol', {}, ...value.map((item) => h('li', {}, outline(item))));
  }
  if (Array.isArray(value)) return document.createTextNode(value.map(plain).join(', '));
  if (typeof value !== 'object' || value === null) return document.createTextNode(plain(value));
  return h('dl', { class: 'outline' }, ...Object.entries(value).flatMap(([name, each]) => [h('dt', {}, name), h('dd', {}, outline(each))]));
}

/** @param {unknown} value */
const plain = (value) => (typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value));
