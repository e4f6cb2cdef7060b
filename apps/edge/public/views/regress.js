// The view of a model that predicts numbers: each of them, and how they move from step to step.
import { ask } from '../api.js';
import { h } from '../dom.js';
import { complainAt } from '../field.js';
import { follow } from '../follow.js';
import { inputOf } from '../inputs/input.js';
import { numbersSection, numbersTable } from '../numbers.js';

/**
 * @typedef {Record<string, number>} Values
 * @typedef {{ values?: Values, steps?: { values: Values, token?: string }[], truncated?: { read: number, of: number } }} Regression
 */

/** @param {import('../playground.js').Stage} stage */
export function mount({ root, model, complain, settle }) {
  const { everyStep } = model;
  const verdict = h('output', { id: 'verdict', 'aria-live': 'polite' }, '…');
  const cut = h('p', { class: 'quiet' });
  const numbers = numbersSection();
  const output = h('section', { 'aria-labelledby': 'verdict' }, h('p', { class: 'verdict' }, verdict), cut, numbers.element);
  const input = inputOf(model, () => following.changed());
  const following = follow({
    output,
    delay: 120,
    async ask() {
      const read = input.read();
      if (!read) return undefined;
      const { predictions } = await ask(`/v1/models/${model.name}/predict`, { inputs: [read.input], everyStep });
      return { names: read.steps, prediction: predictions[0] };
    },
    /** @param {{ names: string[] | undefined, prediction: Regression }} answer */
    show({ names = [], prediction: { values, steps = [], truncated } }) {
      const last = values ?? steps.at(-1)?.values ?? {};
      verdict.textContent = Object.entries(last)
        .map(([name, value]) => `${name} ${plain(value)}`)
        .join(' · ');
      verdict.className = '';
      cut.textContent = truncated ? `Read: ${truncated.read} of ${truncated.of} steps.` : '';
      const columns = Object.keys(last);
      const rows = steps.map((step, i) => [
        step.token ?? names[i] ?? String(i + 1),
        ...columns.map((name) => plain(step.values[name] ?? 0)),
      ]);
      numbers.show(steps.length > 0 ? numbersTable(['after', ...columns], rows) : undefined);
    },
    clear(why) {
      verdict.textContent = { waiting: '…', empty: 'Type something.', failed: 'No answer' }[why];
      verdict.className = 'quiet';
      cut.textContent = '';
      numbers.show(undefined);
    },
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

/** @param {number} value */
const plain = (value) => String(Number(value.toPrecision(4)));
