// The view of a translator: a text in, its translation out, with other translations and what each token of it read.
import { ask, Problem } from '../api.js';
import { attentionMap } from '../charts/attention-map.js';
import { h } from '../dom.js';
import { complainAt, labelled, numberIn } from '../field.js';
import { follow } from '../follow.js';
import { inputOf } from '../inputs/input.js';
import { legend } from '../legend.js';
import { marksIn } from '../words.js';

/**
 * @typedef {{ text: string, score: number, logProbability: number, finishReason: 'stop' | 'length' }} Candidate
 * @typedef {Candidate & {
 *   alternatives?: Candidate[], attention?: import('../charts/attention-map.js').Attention, truncated?: { read: number, of: number },
 * }} Translation
 */

const attentionLayers = ['attention', 'multiHeadAttention'];
/** Translations shown at first. */
const SHOWN = 3;

/** @param {import('../playground.js').Stage} stage */
export function mount({ root, model, complain, settle }) {
  const panel = translationPanel();
  const search = searchForm(model.spec, () => following.changed());
  const input = inputOf(model, () => following.changed());
  const fields = { inputs: input, ...search.fields };
  const attention = model.spec.layers.some(({ type }) => attentionLayers.includes(type));
  const following = follow({
    output: panel.element,
    delay: 300,
    async ask() {
      const read = input.read();
      if (!read) return undefined;
      const { predictions } = await ask(`/v1/models/${model.name}/predict`, {
        inputs: [read.input],
        search: { ...search.read(), attention },
      });
      return predictions[0];
    },
    show: panel.show,
    clear: panel.clear,
    complain: (error) => complainAt(error, fields, complain),
    settle() {
      settle();
      for (const field of Object.values(fields)) field.settle();
    },
  });
  root.replaceChildren(input.element, search.element, panel.element);
  following.now();
  return following.stop;
}

/** How to search. @param {import('../playground.js').Model['spec']} spec @param {() => void} onChange */
function searchForm({ task }, onChange) {
  const number = (/** @type {string} */ id, /** @type {number} */ value) => {
    const control = h('input', { id, type: 'number', min: 1, max: 64, value });
    control.addEventListener('input', onChange);
    return control;
  };
  const beam = number('beam', task.beam);
  const nBest = number('nBest', Math.min(SHOWN, task.beam));
  const fields = { 'search.beam': labelled('Beam', beam), 'search.nBest': labelled('Translations', nBest) };
  return {
    element: h('div', { class: 'fields' }, ...Object.values(fields).map(({ element }) => element)),
    fields,
    /** @throws {Problem} if more translations are wanted than the beam holds */
    read() {
      const wanted = { beam: numberIn(beam), nBest: numberIn(nBest) };
      if (wanted.beam !== null && wanted.nBest !== null && wanted.nBest > wanted.beam && wanted.beam >= 1) {
        const errors = [{ path: 'search.nBest', message: `expected at most the beam, ${wanted.beam}` }];
        throw new Problem({ status: 400, title: 'Invalid Request', detail: '', errors });
      }
      return wanted;
    },
  };
}

/** The translation, the other ones with their scores, and the attention. */
function translationPanel() {
  const best = h('output', { id: 'translation', 'aria-live': 'polite' }, '…');
  const about = h('div', { class: 'quiet' });
  const others = h('ol', { class: 'others', start: 2 });
  const othersTitle = h('h3', {}, 'Other translations');
  const map = h('div', {});
  return {
    element: h('section', { 'aria-label': 'The translation' }, h('p', { class: 'verdict' }, best), about, othersTitle, others, map),
    /** @param {import('../follow.js').Absence} why */
    clear(why) {
      best.textContent = { waiting: '…', empty: 'Type something.', failed: 'No answer' }[why];
      best.className = 'quiet';
      othersTitle.hidden = true;
      for (const part of [about, others, map]) part.replaceChildren();
    },
    /** @param {Translation} translation */
    show(translation) {
      const { alternatives = [], attention, truncated } = translation;
      best.className = '';
      best.replaceChildren(textOf(translation));
      about.replaceChildren(scoreOf(translation), ...(truncated ? [legend(...marksIn([], { truncated, unit: 'token' }))] : []));
      othersTitle.hidden = alternatives.length === 0;
      others.replaceChildren(...alternatives.map((other) => h('li', {}, textOf(other), ' ', h('small', {}, scoreOf(other)))));
      map.replaceChildren(...(attention ? [attentionMap(attention)] : []));
    },
  };
}

/** @param {Candidate} candidate */
const textOf = ({ text, finishReason }) => `${text || '(no text)'}${finishReason === 'length' ? ' …' : ''}`;

/** @param {Candidate} candidate */
function scoreOf({ score, finishReason }) {
  return `score ${score.toFixed(2).replace('-', '−')}${finishReason === 'length' ? ', cut off at the longest length' : ''}`;
}
