// The probability of a class after each word: a curve over the words, with a line where the verdict changes.
import { h, percent, svg } from '../dom.js';

const PLOT = { top: 10, height: 116, left: 52, right: 14 };
/** Pixels for the words under the curve: the width of a letter, and the least distance between slanted words. */
const LETTER = 7;
const WORD_GAP = 15;
const LONGEST_WORD = 12;
const SLANT_DEGREES = 48;

/** @typedef {{ label: string, words: string[], shares: number[] }} Verdicts the probability of `label` after each word */

/** @param {string} title @returns {{ element: HTMLElement, draw: (verdicts: Verdicts | undefined) => void }} redrawn when its width changes */
export function verdictChart(title) {
  const element = h('figure', { class: 'verdict-chart' });
  /** @type {Verdicts | undefined} */
  let shown;
  const redraw = () => {
    const picture = shown && element.clientWidth > 0 ? [h('figcaption', {}, title), chartOf(shown, element.clientWidth)] : [];
    element.replaceChildren(...picture);
  };
  new ResizeObserver(redraw).observe(element);
  return {
    element,
    draw(verdicts) {
      shown = verdicts;
      redraw();
    },
  };
}

/** @param {Verdicts} verdicts @param {number} width */
function chartOf({ label, words, shares }, width) {
  const { top, height, left, right } = PLOT;
  const inner = width - left - right;
  const x = (/** @type {number} */ i) => left + (shares.length < 2 ? inner / 2 : (i * inner) / (shares.length - 1));
  const y = (/** @type {number} */ share) => top + (1 - share) * height;
  const points = shares.map((share, i) => /** @type {const} */ ([x(i), y(share)]));
  const line = `M${points.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join('L')}`;
  const area = `${line}L${x(shares.length - 1)},${y(0.5)}L${x(0)},${y(0.5)}Z`;
  const summary = `Probability of ${label}: ${percent(shares[0])} after “${words[0]}”, ${percent(shares.at(-1))} after “${words.at(-1)}”. The numbers follow below.`;
  const under = labelsUnder(words, x, top + height + 14, inner / Math.max(1, words.length - 1));
  const picture = svg('svg', {
    id: 'curve',
    class: 'curve',
    width,
    height: top + height + under.height,
    role: 'img',
    'aria-label': summary,
  });
  picture.append(
    ...[1, 0.5, 0].flatMap((share) => [
      svg('line', { class: share === 0.5 ? 'half' : 'edge', x1: left, x2: width - right, y1: y(share), y2: y(share) }),
      svg('text', { class: 'tick', x: left - 8, y: y(share) + 4, 'text-anchor': 'end' }, percent(share)),
    ]),
    svg('clipPath', { id: 'over-half' }, svg('rect', { x: 0, y: 0, width, height: y(0.5) })),
    svg('clipPath', { id: 'under-half' }, svg('rect', { x: 0, y: y(0.5), width, height })),
    svg('path', { class: 'area positive', d: area, 'clip-path': 'url(#over-half)' }),
    svg('path', { class: 'area negative', d: area, 'clip-path': 'url(#under-half)' }),
    svg('path', { class: 'line', d: line }),
    ...(inner / points.length > 9
      ? points.map(([cx, cy], i) => dot(cx, cy, `${words[i]}: ${percent(shares[i])} ${label}`, shares[i]))
      : []),
    ...under.labels,
  );
  return picture;
}

/** @param {number} cx @param {number} cy @param {string} title @param {number} [share] */
const dot = (cx, cy, title, share = 0) =>
  svg('circle', { class: share > 0.5 ? 'dot positive' : 'dot negative', cx, cy, r: 3.5 }, svg('title', {}, title));

/** Words under the curve: level if they fit, otherwise slanted; as many as are readable. @param {string[]} words @param {(i: number) => number} x @param {number} y @param {number} gap */
function labelsUnder(words, x, y, gap) {
  const every = Math.max(1, Math.ceil(WORD_GAP / gap));
  const isLevel = words.every((word) => (word.length + 1) * LETTER < gap);
  const longest = Math.min(LONGEST_WORD, Math.max(...words.map((word) => word.length)));
  const labels = words.flatMap((word, i) => {
    if (i % every !== 0 && i !== words.length - 1) return [];
    // The last word is always shown; the one before it makes room.
    if (i % every === 0 && i !== words.length - 1 && words.length - 1 - i < every) return [];
    const short = word.length > LONGEST_WORD ? `${word.slice(0, LONGEST_WORD - 1)}…` : word;
    const slant = isLevel
      ? { 'text-anchor': 'middle', y: y + 6 }
      : { 'text-anchor': 'end', y, transform: `rotate(-${SLANT_DEGREES} ${x(i)} ${y})` };
    return [svg('text', { class: 'tick', x: x(i) + (isLevel ? 0 : 4), ...slant }, short)];
  });
  return { labels, height: isLevel ? 28 : 22 + longest * LETTER * Math.sin((SLANT_DEGREES * Math.PI) / 180) };
}
