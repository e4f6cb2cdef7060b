// The list of models: a row of links, or groups by task with a search if there are many.
import { h } from './dom.js';

/** @typedef {{ name: string, task: string, digest: string }} Listed */

/** With at least this many models there are groups and a search. */
const MANY = 10;
/** Tasks in the order of display. */
const ORDER = ['classify', 'tag', 'transcribe', 'translate', 'regress', 'forecast', 'generate'];
const titles = /** @type {Readonly<Record<string, string>>} */ ({
  classify: 'Classify',
  tag: 'Tag',
  transcribe: 'Transcribe',
  translate: 'Translate',
  regress: 'Predict numbers',
  forecast: 'Forecast',
  generate: 'Generate',
});

/** @param {Listed} model */
const rank = ({ task }) => (ORDER.includes(task) ? ORDER.indexOf(task) : ORDER.length);

/** The models grouped by task and sorted by name. @param {readonly Listed[]} models */
export const inOrder = (models) =>
  models.toSorted((a, b) => rank(a) - rank(b) || a.task.localeCompare(b.task) || a.name.localeCompare(b.name));

/** Fills the navigation. @param {HTMLElement} nav @param {readonly Listed[]} models in order @param {() => void} skip moves the focus to the view */
export function showModels(nav, models, skip) {
  if (models.length < MANY) return nav.replaceChildren(h('div', { class: 'models' }, ...models.map((model) => linkTo(model, true))));
  const groups = [...Map.groupBy(models, ({ task }) => task)].map(([task, ofTask]) =>
    h(
      'section',
      { class: 'group' },
      h('h2', {}, titles[task] ?? task),
      h('div', { class: 'models' }, ...ofTask.map((model) => linkTo(model, false))),
    ),
  );
  const none = h('p', { class: 'quiet', role: 'status' });
  const search = h('input', {
    id: 'search',
    type: 'search',
    placeholder: `Find one of ${models.length} models`,
    autocomplete: 'off',
    spellcheck: 'false',
  });
  search.addEventListener('input', () => {
    none.textContent = filter(groups, search.value.trim().toLowerCase()) ? '' : `No model is called “${search.value.trim()}”.`;
  });
  search.addEventListener('keydown', (event) => {
    const first = nav.querySelector('.group:not([hidden]) a:not([hidden])');
    if (!(first instanceof HTMLAnchorElement)) return;
    if (event.key === 'Enter') first.click();
    else if (event.key === 'ArrowDown') first.focus();
    else return;
    event.preventDefault();
  });
  const list = h('div', { class: 'many' }, ...groups);
  list.addEventListener('keydown', (event) => walk(event, list, search));
  nav.replaceChildren(
    h(
      'div',
      { class: 'row' },
      h('label', { class: 'hidden', for: 'search' }, 'Find a model'),
      search,
      h('button', { type: 'button', class: 'skip', onclick: skip }, 'Skip the list'),
    ),
    list,
    none,
  );
}

/** Marks the link of the current model. @param {HTMLElement} nav @param {string} name */
export function markModel(nav, name) {
  for (const link of nav.querySelectorAll('a')) {
    if (link.getAttribute('href') !== `#${name}`) link.removeAttribute('aria-current');
    else {
      link.setAttribute('aria-current', 'page');
      link.scrollIntoView({ block: 'nearest' });
    }
  }
}

/** @param {Listed} model @param {boolean} withTask */
const linkTo = ({ name, task }, withTask) => h('a', { href: `#${name}` }, name, ...(withTask ? [h('small', {}, task)] : []));

/** Hides the links that do not match. Returns whether any is left. @param {readonly HTMLElement[]} groups @param {string} wanted */
function filter(groups, wanted) {
  let found = false;
  for (const group of groups) {
    const links = [...group.querySelectorAll('a')];
    for (const link of links) link.hidden = !link.textContent?.toLowerCase().includes(wanted);
    group.hidden = links.every((link) => link.hidden);
    found ||= !group.hidden;
  }
  return found;
}

/** Arrow keys go from model to model; Escape goes back to the search. @param {KeyboardEvent} event @param {HTMLElement} list @param {HTMLElement} search */
function walk(event, list, search) {
  const links = /** @type {HTMLAnchorElement[]} */ ([...list.querySelectorAll('.group:not([hidden]) a:not([hidden])')]);
  const at = links.indexOf(/** @type {any} */ (document.activeElement));
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (event.key === 'Escape' || (step === -1 && at === 0)) search.focus();
  else if (step) links[at + step]?.focus();
  else return;
  event.preventDefault();
}
