// A labelled control with room for its error, and the placing of errors at their fields.
import { Problem } from './api.js';
import { h } from './dom.js';

/**
 * @typedef {{ element: HTMLElement, control: HTMLElement, fail: (message: string) => void, settle: () => void }} Field
 * @typedef {Record<string, Field>} Fields each field by its path in the request's body
 */

/** The input in a view's main field cannot be used. */
export class InputError extends Error {}

/**
 * @param {string | Node} label
 * @param {HTMLInputElement | HTMLTextAreaElement} control with an id
 * @param {...Node} beside nodes between the control and its error
 * @returns {Field}
 */
export const labelled = (label, control, ...beside) => field(control, [h('label', { for: control.id }, label), control], beside);

/**
 * A control, or a group of controls, that has its label already.
 * @param {HTMLElement} control with an id @param {Node[]} [own] @param {Node[]} [beside]
 * @returns {Field}
 */
export function field(control, own = [control], beside = []) {
  const describedBy = control.getAttribute('aria-describedby') ?? '';
  const error = h('p', { class: 'field-error', id: `${control.id}-error`, 'aria-live': 'polite', hidden: true });
  return {
    element: h('div', { class: 'field' }, ...own, ...beside, error),
    control,
    fail(message) {
      error.textContent = message;
      error.hidden = false;
      control.setAttribute('aria-invalid', 'true');
      control.setAttribute('aria-describedby', `${describedBy} ${error.id}`.trim());
    },
    settle() {
      error.hidden = true;
      error.textContent = '';
      control.removeAttribute('aria-invalid');
      if (describedBy) control.setAttribute('aria-describedby', describedBy);
      else control.removeAttribute('aria-describedby');
    },
  };
}

/** The number in a field, or null if there is none; the API's error then says what it expects. @param {HTMLInputElement} input */
export const numberIn = (input) => (input.value === '' ? null : Number(input.value));

/**
 * Shows each error at its field. Errors without a field go to `elsewhere`.
 * @param {unknown} error
 * @param {Fields} fields the first one shows errors about the whole input
 * @param {(error: unknown) => void} elsewhere
 */
export function complainAt(error, fields, elsewhere) {
  const [main] = Object.values(fields);
  if (error instanceof InputError && main) return main.fail(error.message);
  if (!(error instanceof Problem)) return elsewhere(error);
  const about = error.errors.map(({ path, message }) => ({ path: dotted(path), message }));
  const unplaced = about.filter(({ path, message }) => {
    const owner = Object.keys(fields).find((own) => path === own || path.startsWith(`${own}.`));
    if (owner === undefined) return true;
    fields[owner]?.fail(sentence(message, path.slice(owner.length + 1)));
    return false;
  });
  if (about.length > 0 && unplaced.length === 0) return;
  // These problems have no path in the body. They are about the whole input: it is too long, or it holds nothing readable.
  if (about.length === 0 && main && [413, 422].includes(error.status)) return main.fail(error.detail);
  const { status, title, detail } = error;
  elsewhere(unplaced.length > 0 ? new Problem({ status, title, detail, errors: unplaced }) : error);
}

/** Writes a path as `inputs.0.wind`, also if it is the JSON pointer `/inputs/0/wind`. @param {string} path */
const dotted = (path) => path.replace(/^[#/]+/, '').replaceAll('/', '.');

/** @param {string} message @param {string} place in the field */
function sentence(message, place) {
  const where = place.replace(/^0\.?/, '');
  const text = `${where ? `${where}: ` : ''}${message}`;
  return `${text[0]?.toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
