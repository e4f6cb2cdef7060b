// Matches a typed text with the tokens that the model read.
import { placesOf } from './alignment.js';
import { counted, h } from './dom.js';
import { entry } from './legend.js';
import { tint } from './palette.js';

/**
 * @typedef {{ token?: string, unknown?: boolean }} Read a step of an answer
 * @typedef {'between' | 'read' | 'unknown' | 'left-out' | 'cut'} Kind
 * @typedef {{ text: string, kind: Kind, step?: number }} Part
 */

/**
 * An input in parts: the typed text, or the names of the steps if the input is not a text.
 * @param {{ typed: string | undefined, names: string[] | undefined, steps: readonly Read[], isCut: boolean }} answered
 */
export const stepsOf = ({ typed, names = [], steps, isCut }) =>
  typed === undefined
    ? tokensAsRead(steps.map((step, i) => ({ ...step, token: names[i] ?? `step ${i + 1}` })))
    : partsOf(typed, steps, isCut);

/**
 * Cuts the text into parts that join to it again: the words that each step read, words left out because they are not in the vocabulary,
 * and words cut off because the text is longer than the model reads.
 * @param {string} typed @param {readonly Read[]} steps @param {boolean} isCut
 * @returns {Part[]}
 */
export function partsOf(typed, steps, isCut) {
  const places = placesOf(
    typed,
    steps.map(({ token = '' }) => token),
  );
  if (!places) {
    const composed = typed.normalize('NFC');
    return composed === typed ? tokensAsRead(steps) : partsOf(composed, steps, isCut);
  }
  /** @type {Part[]} */
  const parts = [];
  let at = 0;
  for (const [step, { from, to }] of places.entries()) {
    parts.push(...unreadParts(typed.slice(at, from), 'left-out'));
    parts.push({ text: typed.slice(from, to), kind: steps[step]?.unknown ? 'unknown' : 'read', step });
    at = to;
  }
  return [...parts, ...unreadParts(typed.slice(at), isCut ? 'cut' : 'left-out')];
}

/** The tokens as parts, for a text that was changed before tokenization. @param {readonly Read[]} steps @returns {Part[]} */
function tokensAsRead(steps) {
  /** @type {Part} */
  const blank = { text: ' ', kind: 'between' };
  return steps.flatMap(({ token = '', unknown }, step) => [{ text: token, kind: unknown ? 'unknown' : 'read', step }, blank]);
}

/** @param {string} text a stretch that no step read @param {Kind} kind of its words @returns {Part[]} */
function unreadParts(text, kind) {
  return text
    .split(/([\p{L}\p{N}][\p{L}\p{M}\p{N}'’]*)/u)
    .map((piece, i) => /** @type {Part} */ ({ text: piece, kind: i % 2 ? kind : 'between' }))
    .filter(({ text }) => text !== '');
}

/**
 * The parts as marked text. Each part that was read gets the colour of `paint`.
 * @param {readonly Part[]} parts
 * @param {(step: number) => { colour: string, strength: number, title: string }} paint
 */
export function markedWords(parts, paint) {
  return parts.map(({ text, kind, step }) => {
    if (kind === 'between') return document.createTextNode(text);
    const word = h('span', { class: `word ${kind}` }, text);
    if (step === undefined) word.title = kind === 'cut' ? 'not read: the text is too long' : 'left out: not in the vocabulary';
    else {
      const { colour, strength, title } = paint(step);
      tint(word, colour, strength);
      word.title = kind === 'unknown' ? `${title}; not in the vocabulary` : title;
    }
    return word;
  });
}

/**
 * Legend entries for the marks that an input has.
 * @param {readonly Part[]} parts
 * @param {{ truncated?: { read: number, of: number } | undefined, unit?: string }} [about]
 */
export function marksIn(parts, { truncated, unit = unitOf(parts) } = {}) {
  const count = (/** @type {Kind} */ kind) => parts.filter((part) => part.kind === kind).length;
  const unknown = count('unknown');
  const leftOut = count('left-out');
  const cut = truncated ? truncated.of - truncated.read : count('cut');
  const limit = truncated ? `: the model reads ${truncated.read} of ${truncated.of}` : ': the text is longer than the model reads';
  return [
    ...(unknown ? [entry('unknown', `${counted(unknown, unit)} not in the vocabulary`)] : []),
    ...(leftOut ? [entry('left-out', `${counted(leftOut, unit)} left out: not in the vocabulary`)] : []),
    ...(cut > 0 ? [entry('cut', `${counted(cut, unit)} not read${limit}`)] : []),
  ];
}

/** Whether the text's tokens are words or characters. @param {readonly Part[]} parts */
function unitOf(parts) {
  const read = parts.filter(({ step }) => step !== undefined);
  return read.length > 3 && read.every(({ text }) => [...text].length === 1) ? 'character' : 'word';
}
