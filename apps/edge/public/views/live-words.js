// A live session of a classifier: one word at a time.
import { h } from '../dom.js';
import { legend } from '../legend.js';
import { liveSection, liveSession } from '../live.js';
import { colourKey, paintOf } from '../verdicts.js';
import { markedWords, marksIn, partsOf } from '../words.js';

/** @param {import('../playground.js').Model} model @param {(error: unknown) => void} complain */
export function liveWords(model, complain) {
  const said = h('p', { class: 'words', 'aria-live': 'polite' });
  const key = h('div', {});
  const next = h('input', { id: 'next', placeholder: 'a word, then Enter', autocomplete: 'off', maxlength: 200 });
  /** @type {import('../words.js').Part[]} */
  let parts = [];
  /** @type {import('../verdicts.js').Verdict[]} */
  let verdicts = [];
  const session = liveSession({
    model,
    complain,
    onAnswer({ prediction }, input) {
      const { steps = [] } = prediction;
      const own = partsOf(String(input), steps, false);
      parts.push(...own);
      verdicts.push(...steps);
      said.append(...markedWords(own, (step) => paintOf(model.labels, steps[step])), ' ');
      key.replaceChildren(legend(...colourKey(model.labels, verdicts), ...marksIn(parts)));
    },
    onReset() {
      parts = [];
      verdicts = [];
      said.replaceChildren();
      key.replaceChildren();
    },
  });
  const push = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (next.value.trim()) session.push(next.value.trim(), { everyStep: true });
    next.value = '';
  };
  const form = h(
    'form',
    { class: 'row', onsubmit: push },
    next,
    h('button', {}, 'Push'),
    h('button', { type: 'button', onclick: session.reset }, 'Start over'),
    h('button', { type: 'button', onclick: session.disconnect }, 'Disconnect'),
  );
  const title = 'Live session: one word at a time';
  const about = 'The server keeps the network’s state between words, also while you are disconnected.';
  const element = liveSection({ title, about, status: session.status }, h('label', { for: 'next' }, 'Next word'), form, said, key);
  return { element, stop: session.disconnect };
}
