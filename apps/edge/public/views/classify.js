// The view of a classifier: its answer, and the verdict after every step as colour and as a curve.
import { verdictChart } from '../charts/verdict-chart.js';
import { h, percent } from '../dom.js';
import { followInput } from '../inputs/follow-input.js';
import { legend } from '../legend.js';
import { numbersSection, numbersTable } from '../numbers.js';
import { colourKey, paintOf } from '../verdicts.js';
import { markedWords, marksIn, stepsOf } from '../words.js';
import { liveWords } from './live-words.js';

/**
 * @typedef {import('../verdicts.js').Verdict} Verdict
 * @typedef {Verdict & import('../words.js').Read} Step
 * @typedef {Verdict & { steps?: Step[], truncated?: { read: number, of: number } }} Classification
 * @typedef {{ typed?: string, steps?: string[], prediction: Classification }} Answer
 */

/** How many of the most probable classes get a bar. */
const BARS = 10;

/** @param {import('../playground.js').Stage} stage */
export function mount(stage) {
  const { model, complain } = stage;
  const { everyStep } = model;
  const panel = verdictPanel(model);
  const live = everyStep && typeof model.example === 'string' ? liveWords(model, complain) : undefined;
  const stop = followInput(stage, {
    output: panel.element,
    after: live ? [live.element] : [],
    delay: 120,
    options: { everyStep },
    show: (prediction, read) => panel.show({ ...read, prediction }),
    clear: panel.clear,
  });
  return () => {
    stop();
    live?.stop();
  };
}

/** Two exclusive classes get a scale and a curve. More classes, or independent ones, get bars. @param {import('../playground.js').Model} model */
function verdictPanel({ labels, everyStep, example, spec }) {
  const [, high = ''] = labels;
  const isScale = labels.length === 2 && everyStep && !spec.task.multiLabel;
  const verdict = h('output', { id: 'verdict', 'aria-live': 'polite' }, '…');
  const words = h('p', { id: 'words', class: 'words' });
  const key = h('div', {});
  const chart = verdictChart(`Probability of ${high} after each ${typeof example === 'string' ? 'word' : 'step'}`);
  const bars = h('div', { class: 'bars' });
  const numbers = numbersSection();
  const shown = isScale ? [words, key, chart.element] : [bars, words, key];
  return {
    element: h('section', { 'aria-labelledby': 'verdict' }, h('p', { class: 'verdict' }, verdict), ...shown, numbers.element),
    /** @param {import('../follow.js').Absence} why */
    clear(why) {
      verdict.textContent = { waiting: '…', empty: 'Type something.', failed: 'No answer' }[why];
      verdict.className = 'quiet';
      for (const part of [words, key, bars]) part.replaceChildren();
      chart.draw(undefined);
      numbers.show(undefined);
    },
    /** @param {Answer} answer */
    show({ typed, steps: names, prediction }) {
      const { steps = [], truncated } = prediction;
      verdict.textContent = verdictText(prediction);
      verdict.className = isScale ? (prediction.labels[0] === high ? 'positive' : 'negative') : '';
      if (!isScale) bars.replaceChildren(...barsOf(prediction));
      if (!everyStep) return;
      const parts = stepsOf({ typed, names, steps, isCut: truncated !== undefined });
      const named = parts.flatMap(({ step, text }) => (step === undefined ? [] : [text]));
      const marks = marksIn(parts, { truncated, ...(typed === undefined && { unit: 'step' }) });
      words.replaceChildren(...markedWords(parts, (step) => paintOf(labels, steps[step])));
      key.replaceChildren(legend(...colourKey(labels, steps), ...marks));
      const shares = steps.map((step) => step.probabilities[high] ?? 0);
      chart.draw(isScale && steps.length > 0 ? { label: high, words: named, shares } : undefined);
      numbers.show(steps.length > 0 ? stepsTable(labels, named, steps) : undefined);
    },
  };
}

/** @param {Verdict} verdict */
function verdictText({ labels, probabilities }) {
  if (labels.length === 0) return 'none of the labels';
  return labels.map((label) => `${label}, ${percent(probabilities[label])}`).join(' · ');
}

/** @param {Verdict} verdict */
function barsOf({ probabilities }) {
  return Object.entries(probabilities)
    .sort(([, a], [, b]) => b - a)
    .slice(0, BARS)
    .map(([name, share]) => h('div', {}, h('span', {}, name), bar(share), h('span', {}, percent(share))));
}

/** @param {number} share */
function bar(share) {
  const filled = h('i', {});
  filled.style.width = `${share * 100}%`;
  return h('div', { class: 'bar' }, filled);
}

/** @param {readonly string[]} labels @param {readonly string[]} names @param {readonly Step[]} steps */
function stepsTable(labels, names, steps) {
  const shown = labels.length === 2 ? labels.slice(1) : labels.slice(0, BARS);
  const rows = steps.map(({ probabilities }, i) => [names[i] ?? '', ...shown.map((label) => percent(probabilities[label]))]);
  return numbersTable(['after', ...shown], rows);
}
