// Any task without a view of its own: its answer as a list of names and values.
import { ask } from '../api.js';
import { h } from '../dom.js';
import { complainAt } from '../field.js';
import { follow } from '../follow.js';
import { inputOf } from '../inputs/input.js';

/** @param {import('../playground.js').Stage} stage */
export function mount({ root, model, complain, settle }) {
  const answer = h('div', { id: 'answer', 'aria-live': 'polite' });
  const output = h('section', { 'aria-label': 'The answer' }, answer);
  const input = inputOf(model, () => following.changed());
  const following = follow({
    output,
    delay: 300,
    async ask() {
      const read = input.read();
      if (!read) return undefined;
      const { predictions } = await ask(`/v1/models/${model.name}/predict`, { inputs: [read.input] });
      return predictions[0];
    },
    show: (prediction) => answer.replaceChildren(outline(prediction)),
    clear: () => answer.replaceChildren(),
    complain: (error) => complainAt(error, { inputs: input }, complain),
    settle() {
      settle();
      input.settle();
    },
  });
  root.replaceChildren(input.element, output);
  following.now();
  return following.stop;
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
