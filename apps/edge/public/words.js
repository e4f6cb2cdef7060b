// A typed text beside the tokens that a model read of it.
import { counted, h } from './dom.js';
import { entry } from './legend.js';
import { tint } from './palette.js';

/**
 * @typedef {{ token?: string, unknown?: boolean }} Read a step of an answer
 * @typedef {'between' | 'read' | 'unknown' | 'left-out' | 'cut'} Kind
 * @typedef {{ text: string, kind: Kind, step?: number }} Part
 */

/**
 * An input in parts: a text as it was typed, of anything else the names of its steps.
 * @param {{ typed: string | undefined, names: string[] | undefined, steps: readonly Read[], isCut: boolean }} answered
 */
export const stepsOf = ({ typed, names = [], steps, isCut }) =>
  typed === undefined
    ? tokensAsRead(steps.map((step, i) => ({ ...step, token: names[i] ?? `step ${i + 1}` })))
    : partsOf(typed, steps, isCut);

/** Whether a model read all that it can: what follows was cut off. @param {import('./playground.js').Model} model @param {readonly Read[]} steps */
export const isCut = ({ spec }, steps) => steps.length >= spec.input.maxLength;

/**
 * The text in parts that join to it again: what each step read, words left out because the model does not know them, and words
 * cut off because the text is longer than the model reads.
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

/** Where the text was changed before it was cut into tokens, its tokens are all that can be shown. @param {readonly Read[]} steps @returns {Part[]} */
function tokensAsRead(steps) {
  /** @type {Part} */
  const blank = { text: ' ', kind: 'between' };
  return steps.flatMap(({ token = '', unknown }, step) => [{ text: token, kind: unknown ? 'unknown' : 'read', step }, blank]);
}

/** @param {string} text that no step read @param {Kind} kind of its words @returns {Part[]} */
function unreadParts(text, kind) {
  return text
    .split(/([\p{L}\p{N}][\p{L}\p{M}\p{N}'’]*)/u)
    .map((piece, i) => /** @type {Part} */ ({ text: piece, kind: i % 2 ? kind : 'between' }))
    .filter(({ text }) => text !== '');
}

const isWord = (/** @type {string} */ token) => /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}'’]+$/u.test(token);

/** Where each token stands in the text, in order; undefined if one is not there. @param {string} typed @param {readonly string[]} tokens */
function placesOf(typed, tokens) {
  const { text, origin } = lowered(typed);
  const byCharacter = tokens.every((token) => [...token].length === 1);
  return (
    search(typed, tokens, byCharacter) ??
    search(
      text,
      tokens.map((token) => token.toLowerCase()),
      byCharacter,
    )?.map(({ from, to }) => ({ from: origin[from] ?? typed.length, to: origin[to] ?? typed.length }))
  );
}

/** @param {string} text @param {readonly string[]} tokens @param {boolean} byCharacter */
function search(text, tokens, byCharacter) {
  const places = [];
  let at = 0;
  for (const token of tokens) {
    const from = wholeWordAt(text, token, at, byCharacter) ?? text.indexOf(token, at);
    if (from < 0) return undefined;
    at = from + token.length;
    places.push({ from, to: at });
  }
  return places;
}

/** A word is looked for as a whole first, so that "is" is not found in "this". @param {string} text @param {string} token @param {number} at @param {boolean} byCharacter */
function wholeWordAt(text, token, at, byCharacter) {
  if (byCharacter || !isWord(token)) return undefined;
  const isInside = (/** @type {string | undefined} */ neighbour = '') => /[\p{L}\p{N}]/u.test(neighbour);
  for (let from = text.indexOf(token, at); from >= 0; from = text.indexOf(token, from + 1)) {
    if (!isInside(text[from - 1]) && !isInside(text[from + token.length])) return from;
  }
  return undefined;
}

/** The text in lower case, and where each of its units stood before: some letters become two. @param {string} typed */
function lowered(typed) {
  const whole = typed.toLowerCase();
  if (whole.length === typed.length) return { text: whole, origin: Array.from({ length: whole.length + 1 }, (_, i) => i) };
  let text = '';
  /** @type {number[]} */
  const origin = [];
  let at = 0;
  for (const character of typed) {
    const lower = character.toLowerCase();
    for (let unit = 0; unit < lower.length; unit++) origin.push(at);
    text += lower;
    at += character.length;
  }
  return { text, origin: [...origin, at] };
}

/**
 * The parts as text with marks, each read one tinted as `paint` says.
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

/** What a text's tokens are. @param {readonly Part[]} parts */
function unitOf(parts) {
  const read = parts.filter(({ step }) => step !== undefined);
  return read.length > 3 && read.every(({ text }) => [...text].length === 1) ? 'character' : 'word';
}
