// Where a model's tokens stand in the text that they were made of.

/** @typedef {{ from: number, to: number }} Place */

/** The place of each token, in order; undefined if one of them is not in the text. @param {string} typed @param {readonly string[]} tokens @returns {Place[] | undefined} */
export function placesOf(typed, tokens) {
  const own = tokens.map(plain);
  const found = search(plain(typed), own);
  if (found) return found;
  const { text, origin } = lowered(plain(typed));
  const places = search(text, own.map(lower));
  return places?.map(({ from, to }) => ({ from: origin[from] ?? typed.length, to: origin[to] ?? typed.length }));
}

/** Tokenizers may make apostrophes plain ones. @param {string} text */
const plain = (text) => text.replace(/[’ʼ]/g, "'");

/** @param {string} text @param {readonly string[]} tokens @returns {Place[] | undefined} */
function search(text, tokens) {
  const latest = latestStarts(text, tokens);
  if (!latest) return undefined;
  const byCharacter = tokens.every((token) => [...token].length === 1);
  const places = [];
  let at = 0;
  for (const [i, token] of tokens.entries()) {
    const whole = !byCharacter && isWord(token) ? wholeWord(text, token, { at, latest: latest[i] ?? 0, next: tokens[i + 1] }) : undefined;
    const from = whole ?? text.indexOf(token, at);
    at = from + token.length;
    places.push({ from, to: at });
  }
  return places;
}

/** Where each token may begin at the latest, so that those after it still follow; undefined if they never all do. @param {string} text @param {readonly string[]} tokens */
function latestStarts(text, tokens) {
  /** @type {number[]} */
  const starts = [];
  let end = text.length;
  for (const token of tokens.toReversed()) {
    const from = token.length > end ? -1 : text.lastIndexOf(token, end - token.length);
    if (from < 0) return undefined;
    starts.push(from);
    end = from;
  }
  return starts.reverse();
}

/** In these scripts blanks stand between words. @param {string} token */
const isWord = (token) => /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}']+$/u.test(token);

/**
 * Words that were left out may hold the token: "this" holds "is". So it is first looked for as a whole word, or as a part of one
 * that was split: it begins where the token before ended or is an ending, or the next one begins where it ends.
 * @param {string} text @param {string} token
 * @param {{ at: number, latest: number, next: string | undefined }} bounds where the token before ended, and where this one begins at the latest
 */
function wholeWord(text, token, { at, latest, next }) {
  const isInside = (/** @type {string | undefined} */ neighbour = '') => /[\p{L}\p{M}\p{N}]/u.test(neighbour);
  const isEnding = /^n?'/i.test(token);
  for (let from = text.indexOf(token, at); from >= 0 && from <= latest; from = text.indexOf(token, from + 1)) {
    const end = from + token.length;
    const begins = isEnding || from === at || !isInside(text[from - 1]);
    const ends = !isInside(text[end]) || (next !== undefined && text.startsWith(next, end));
    if (begins && ends) return from;
  }
  return undefined;
}

/** In lower case, wherever in a word a letter stands: a sigma at the end has a form of its own. @param {string} text */
const lower = (text) => text.toLowerCase().replaceAll('ς', 'σ');

/** The text in lower case, and where each of its units stood before: some letters become two. @param {string} typed */
function lowered(typed) {
  let text = '';
  /** @type {number[]} */
  const origin = [];
  let at = 0;
  for (const character of typed) {
    const own = lower(character);
    for (let unit = 0; unit < own.length; unit++) origin.push(character.length === own.length ? at + unit : at);
    text += own;
    at += character.length;
  }
  return { text, origin: [...origin, at] };
}
