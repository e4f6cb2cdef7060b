// The view of a model that predicts numbers: each of them, and how they move from step to step.
import { h } from '../dom.js';
import { followInput } from '../inputs/follow-input.js';
import { numbersSection, numbersTable } from '../numbers.js';

/**
 * @typedef {Record<string, number>} Values
 * @typedef {{ values?: Values, steps?: { values: Values, token?: string }[], truncated?: { read: number, of: number } }} Regression
 */

/** @param {import('../playground.js').Stage} stage */
export function mount(stage) {
  const verdict = h('output', { id: 'verdict', 'aria-live': 'polite' }, '…');
  const cut = h('p', { class: 'quiet' });
  const numbers = numbersSection();
  const output = h('section', { 'aria-labelledby': 'verdict' }, h('p', { class: 'verdict' }, verdict), cut, numbers.element);
  return followInput(stage, {
    output,
    delay: 120,
    options: { everyStep: stage.model.everyStep },
    /** @param {Regression} prediction @param {import('../inputs/follow-input.js').Read} read */
    show({ values, steps = [], truncated }, { steps: names = [] }) {
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
  });
}

/** @param {number} value */
const plain = (value) => String(Number(value.toPrecision(4)));
