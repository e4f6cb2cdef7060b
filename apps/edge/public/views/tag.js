// The view of a tagger: the tokens in the colours of their labels, each with its probability.
import { ask } from '../api.js';
import { h, percent } from '../dom.js';
import { complainAt } from '../field.js';
import { follow } from '../follow.js';
import { inputOf } from '../inputs/input.js';
import { entry, legend } from '../legend.js';
import { numbersSection, numbersTable } from '../numbers.js';
import { colourOf, tint } from '../palette.js';
import { marksIn, stepsOf } from '../words.js';

/**
 * @typedef {import('../words.js').Read & { label: string, probability: number }} Tag
 * @typedef {{ typed?: string, steps?: string[], tagging: { steps: Tag[], truncated?: { read: number, of: number } } }} Answer
 */

/** @param {import('../playground.js').Stage} stage */
export function mount({ root, model, complain, settle }) {
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

  /** @param {Answer} answer */
  function show({ typed, steps: names, tagging: { steps, truncated } }) {
    const parts = stepsOf({ typed, names, steps, isCut: truncated !== undefined });
    const named = parts.flatMap(({ step, text }) => (step === undefined ? [] : [text]));
    said.replaceChildren(...taggedParts(parts, steps, model.labels));
    key.replaceChildren(
      legend(...labelKey(model.labels, steps), ...marksIn(parts, { truncated, ...(typed === undefined && { unit: 'step' }) })),
    );
    const rows = steps.map(({ label, probability }, i) => [named[i] ?? '', label, percent(probability)]);
    numbers.show(numbersTable(['step', 'label', 'probability'], rows));
  }

  const input = inputOf(model, () => following.changed());
  const following = follow({
    output,
    delay: 120,
    async ask() {
      const read = input.read();
      if (!read) return undefined;
      const { predictions } = await ask(`/v1/models/${model.name}/predict`, { inputs: [read.input] });
      return { ...read, tagging: predictions[0] };
    },
    show,
    clear,
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
