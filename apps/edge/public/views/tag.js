// The view of a tagger: the tokens in the colours of their labels, each with its probability.
import { h, percent } from '../dom.js';
import { followInput } from '../inputs/follow-input.js';
import { entry, legend } from '../legend.js';
import { numbersSection, numbersTable } from '../numbers.js';
import { colourOf, tint } from '../palette.js';
import { marksIn, stepsOf } from '../words.js';

/**
 * @typedef {import('../words.js').Read & { label: string, probability: number }} Tag
 * @typedef {{ steps: Tag[], truncated?: { read: number, of: number } }} Tagging
 */

/** @param {import('../playground.js').Stage} stage */
export function mount(stage) {
  const { labels } = stage.model;
  const said = h('p', { id: 'tags', class: 'tags' });
  const key = h('div', {});
  const numbers = numbersSection();
  const output = h('section', { 'aria-label': 'The labels' }, said, key, numbers.element);

  /** @param {import('../follow.js').Absence} why */
  function clear(why) {
    said.replaceChildren({ waiting: '…', empty: 'Type something.', failed: 'No answer' }[why]);
    key.replaceChildren();
    numbers.show(undefined);
  }

  /** @param {Tagging} prediction @param {import('../inputs/follow-input.js').Read} read */
  function show({ steps, truncated }, { typed, steps: names }) {
    const parts = stepsOf({ typed, names, steps, isCut: truncated !== undefined });
    const named = parts.flatMap(({ step, text }) => (step === undefined ? [] : [text]));
    said.replaceChildren(...taggedParts(parts, steps, labels));
    key.replaceChildren(legend(...labelKey(labels, steps), ...marksIn(parts, { truncated, ...(typed === undefined && { unit: 'step' }) })));
    const rows = steps.map(({ label, probability }, i) => [named[i] ?? '', label, percent(probability)]);
    numbers.show(numbersTable(['step', 'label', 'probability'], rows));
  }

  return followInput(stage, { output, delay: 120, show, clear });
}

/** @param {readonly import('../words.js').Part[]} parts @param {readonly Tag[]} steps @param {readonly string[]} labels */
function taggedParts(parts, steps, labels) {
  return parts.map(({ text, kind, step }) => {
    const tag = step === undefined ? undefined : steps[step];
    if (!tag) return kind === 'between' ? text : h('span', { class: `word ${kind}` }, text);
    const word = h('span', { class: `word ${kind}` }, text);
    tint(word, colourOf(labels, tag.label), tag.probability);
    return h('span', { class: 'tagged' }, word, h('small', {}, `${tag.label} ${percent(tag.probability)}`));
  });
}

/** The labels found in the text, with their counts. @param {readonly string[]} labels @param {readonly Tag[]} steps */
function labelKey(labels, steps) {
  return labels.flatMap((label) => {
    const count = steps.filter((step) => step.label === label).length;
    return count ? [entry('tint', `${label}: ${count}`, colourOf(labels, label))] : [];
  });
}
