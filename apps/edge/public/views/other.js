// Any task without a view of its own: JSON in, JSON out.
import { ask } from '../api.js';
import { debounced, h } from '../dom.js';

/** @param {import('../playground.js').Stage} stage */
export function mount({ root, model, complain, settle }) {
  const input = h('textarea', { id: 'input', rows: 5, spellcheck: 'false' });
  input.value = JSON.stringify(model.example);
  const answer = h('pre', { id: 'answer', 'aria-live': 'polite' });
  async function predict() {
    try {
      const { predictions } = await ask(`/v1/models/${model.name}/predict`, { inputs: [JSON.parse(input.value)] });
      settle();
      answer.textContent = JSON.stringify(predictions[0], null, 2);
    } catch (error) {
      complain(error);
    }
  }
  input.addEventListener('input', debounced(predict, 400));
  root.replaceChildren(h('label', { for: 'input' }, 'An input, as JSON'), input, h('section', { 'aria-label': 'The answer' }, answer));
  predict();
}
