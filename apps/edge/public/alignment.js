// Finds a model's tokens in the text that was tokenized.

/** @typedef {{ from: number, to: number }} Place */

/** The place of each token, in order; undefined if the text does not contain one of them. @param {string} typed @param {readonly string[]} tokens @returns {Place[] | undefined} */
export function placesOf(typed, tokens) {
  const own = tokens.map(plain);
  const found = search(plain(typed), own);
  if (found) return found;
  const { text, origin } = lowered(plain(typed));
  const places = search(text, own.map(lower));
  return places?.map(({ from, to }) => ({ from: origin[from] ?? typed.length, to: origin[to] ?? typed.length }));
}

/** Makes apostrophes plain ones, as a tokenizer may. @param {string} text */
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

/** The latest place where each token may begin so that all later tokens still fit; undefined if they do not fit. @param {string} text @param {readonly string[]} tokens */
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

/** Whether a token's script separates words by blanks. @param {string} token */
const isWord = (token) => /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}']+$/u.test(token);

/**
 * A word that was left out may contain the token: "this" contains "is". So the search first accepts the token only as a whole word, or as
 * a part of a word that was split: it begins where the previous token ended, it is an ending, or the next token begins where it ends.
 * @param {string} text @param {string} token
 * @param {{ at: number, latest: number, next: string | undefined }} bounds where the previous token ended, and the latest place for this one
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

/** The text in lower case. A sigma at a word's end becomes the usual sigma. @param {string} text */
const lower = (text) => text.toLowerCase().replaceAll('ς', 'σ');

/** The text in lower case, and the original place of each of its units: some letters become two. @param {string} typed */
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
