// Texts and their classes: the answer after every word, as colour and as a curve, and a live session word by word.
import { ask } from '../api.js';
import { debounced, h } from '../dom.js';
import { liveSession } from '../live.js';

/** @typedef {{ labels: string[], probabilities: Record<string, number> }} Answer */
/** @typedef {Answer & { steps?: (Answer & { token: string })[] }} Prediction */

const examples = [
  'Loved every minute of this movie.',
  'The battery died after two days. Waste of money.',
  'Great phone, terrible service, would not buy again.',
];

/** @param {import('../playground.js').Stage} stage */
export function mount({ root, model, complain, settle }) {
  const text = h('textarea', { id: 'text', rows: 3, maxlength: 4000 });
  text.value = 'The food was not good at first, but the dessert was absolutely wonderful.';
  const verdict = h('output', { id: 'verdict', for: 'text', 'aria-live': 'polite' }, '…');
  const words = h('p', { id: 'words', class: 'words' });
  const [low = '', high = ''] = model.labels;
  const isBinary = model.labels.length === 2 && model.everyStep;
  const curve = svgOf('svg', {
    id: 'curve',
    class: 'curve',
    role: 'img',
    'aria-label': 'The answer after each word',
    preserveAspectRatio: 'none',
  });
  const bars = h('div', { class: 'bars' });

  let latest = 0;
  async function answer() {
    const turn = ++latest;
    const typed = text.value;
    if (typed.trim() === '') {
      settle();
      show(typed, { labels: [], probabilities: {} });
      return;
    }
    try {
      const { predictions } = await ask(`/v1/models/${model.name}/predict`, { inputs: [typed], everyStep: model.everyStep });
      // An answer that an edit has overtaken is not shown.
      if (turn !== latest) return;
      settle();
      show(typed, predictions[0]);
    } catch (error) {
      if (turn === latest) complain(error);
    }
  }

  /** @param {string} typed @param {Prediction} prediction */
  function show(typed, { steps = [], labels, probabilities }) {
    const isEmpty = typed.trim() === '';
    const [label = ''] = labels;
    verdict.textContent = isEmpty ? 'Type something.' : `${label}, ${percent(probabilities[label])}`;
    verdict.className = !isEmpty && isBinary ? (label === high ? 'positive' : 'negative') : '';
    if (isBinary) {
      words.replaceChildren(...coloured(typed, steps, high));
      drawCurve(
        curve,
        steps.map((step) => step.probabilities[high] ?? 0),
      );
    } else {
      const sorted = Object.entries(probabilities).sort(([, a], [, b]) => b - a);
      bars.replaceChildren(
        ...sorted
          .slice(0, 8)
          .map(([name, share]) => h('div', {}, h('span', {}, name), h('meter', { value: share, max: 1 }), percent(share))),
      );
    }
  }

  const chips = examples.map((example) =>
    h(
      'button',
      {
        type: 'button',
        onclick: () => {
          text.value = example;
          answer();
        },
      },
      example,
    ),
  );
  text.addEventListener('input', debounced(answer));
  const live = model.everyStep ? liveWords(model, complain) : undefined;
  root.replaceChildren(
    h('label', { for: 'text' }, 'Your text'),
    text,
    h('fieldset', { class: 'examples' }, h('legend', {}, 'Or try one of these'), ...chips),
    h(
      'section',
      { 'aria-labelledby': 'verdict' },
      h('p', { class: 'verdict' }, verdict),
      ...(isBinary ? [words, h('p', { class: 'axis positive' }, high), curve, h('p', { class: 'axis negative' }, low)] : [bars]),
    ),
    ...(live ? [live.element] : []),
  );
  answer();
  return () => live?.stop();
}

const percent = (/** @type {number | undefined} */ share = 0) => `${Math.round(share * 100)} %`;

/** Each word in the colour of the answer after it. @param {string} typed @param {NonNullable<Prediction['steps']>} steps @param {string} positive */
function coloured(typed, steps, positive) {
  const { pieces, rest } = piecesOf(
    typed,
    steps.map(({ token }) => token),
  );
  const spans = pieces.flatMap((piece, i) => {
    const share = steps[i]?.probabilities[positive] ?? 0.5;
    // Leading blanks and punctuation stay outside the colour.
    const word = piece.match(/[\p{L}\p{N}'’]+$/u)?.[0] ?? piece;
    return [document.createTextNode(piece.slice(0, piece.length - word.length)), wordSpan(word, share, positive)];
  });
  return [...spans, rest];
}

/** @param {string} word @param {number} share @param {string} positive */
function wordSpan(word, share, positive) {
  const span = h('span', { title: `${percent(share)} ${positive} so far` }, word);
  const strength = Math.round(Math.abs(share - 0.5) * 120);
  span.style.background = `color-mix(in srgb, var(--${share > 0.5 ? 'positive' : 'negative'}) ${strength}%, transparent)`;
  return span;
}

/** Pieces of the text, each ending with one of the model's tokens, so that what a person typed is shown as typed. @param {string} typed @param {string[]} tokens */
function piecesOf(typed, tokens) {
  const lower = typed.toLowerCase();
  let at = 0;
  const pieces = tokens.map((token) => {
    const found = lower.indexOf(token, at);
    const end = found < 0 ? at : found + token.length;
    const piece = typed.slice(at, end);
    at = end;
    return piece;
  });
  return { pieces, rest: typed.slice(at) };
}

/** @param {string} name @param {Record<string, string>} attributes */
function svgOf(name, attributes) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  return element;
}

/** @param {Element} curve @param {number[]} shares */
function drawCurve(curve, shares) {
  const width = Math.max(shares.length - 1, 1);
  curve.setAttribute('viewBox', `0 0 ${width} 1`);
  const points = shares.map((share, i) => `${i},${(1 - share).toFixed(4)}`);
  if (points.length === 1) points.push(`1,${points[0]?.split(',')[1]}`);
  const line = points.length ? [svgOf('path', { class: 'line', d: `M${points.join('L')}` })] : [];
  curve.replaceChildren(svgOf('path', { class: 'middle', d: `M0,0.5H${width}` }), ...line);
}

/** @param {import('../playground.js').Model} model @param {(error: unknown) => void} complain */
function liveWords(model, complain) {
  const said = h('p', { class: 'words', 'aria-live': 'polite' });
  const next = h('input', { id: 'next', placeholder: 'a word, then Enter', autocomplete: 'off', maxlength: 200 });
  const positive = model.labels.at(-1) ?? '';
  const session = liveSession({
    model,
    complain,
    onAnswer: ({ prediction }, input) => said.append(wordSpan(String(input), prediction.probabilities[positive] ?? 0, positive), ' '),
    onReset: () => said.replaceChildren(),
  });
  const form = h(
    'form',
    {
      class: 'row',
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        if (next.value.trim()) session.push(next.value.trim());
        next.value = '';
      },
    },
    next,
    h('button', {}, 'Push'),
    h('button', { type: 'button', onclick: session.reset }, 'Begin anew'),
    h('button', { type: 'button', onclick: session.disconnect }, 'Disconnect'),
  );
  const element = h(
    'details',
    { class: 'live' },
    h('summary', {}, 'Live session: one word at a time'),
    h('p', { class: 'quiet' }, 'The server keeps the network’s state between words, also while you are disconnected.'),
    h('label', { for: 'next' }, 'Next word'),
    form,
    said,
    session.status,
  );
  return { element, stop: session.disconnect };
}
