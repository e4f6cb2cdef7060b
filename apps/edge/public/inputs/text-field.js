// A text field with buttons for examples.
import { h } from '../dom.js';
import { labelled } from '../field.js';

/** The longest text that the page sends. The API accepts longer ones. */
const MAX_CHARACTERS = 4000;

/** Examples, by a model's labels or its name; each has a short title. @type {Record<string, [name: string, text: string][]>} */
const examples = {
  'negative,positive': [
    ['Turn', 'The food was not good at first, but the dessert was absolutely wonderful.'],
    ['Praise', 'Loved every minute of this movie.'],
    ['Complaint', 'The battery died after two days. Waste of money.'],
    ['Mixed', 'Great phone, terrible service, would not buy again.'],
  ],
  'moby-dick': [
    ['Ishmael', 'Call me Ishmael. '],
    ['Whale', 'The white whale '],
    ['Storm', 'The storm came on '],
  ],
};

/** @param {import('../playground.js').Model} model */
export const examplesOf = ({ name, labels }) => examples[labels.join()] ?? examples[name] ?? [];

/** @param {import('../playground.js').Model} model @param {() => void} onChange @returns {import('./input.js').Input} */
export function textField(model, onChange) {
  const area = h('textarea', { id: 'text', rows: 3, maxlength: MAX_CHARACTERS });
  area.value = examplesOf(model)[0]?.[1] ?? String(model.example);
  area.addEventListener('input', onChange);
  return {
    ...labelled('Your text', area, ...exampleButtons(model, area)),
    read: () => (area.value.trim() === '' ? undefined : { input: area.value, typed: area.value }),
  };
}

/** Buttons that put an example into a control, as if it had been typed. @param {import('../playground.js').Model} model @param {HTMLTextAreaElement} area */
export function exampleButtons(model, area) {
  const buttons = examplesOf(model).map(([name, text]) => {
    const put = () => {
      area.value = text;
      area.dispatchEvent(new Event('input', { bubbles: true }));
    };
    return h('button', { type: 'button', title: text, onclick: put }, name);
  });
  return buttons.length
    ? [h('div', { class: 'tools', role: 'group', 'aria-label': 'Examples' }, h('span', { class: 'quiet' }, 'Try'), ...buttons)]
    : [];
}
