// Where a model's tokens stand in the text that they were made of.

/** @typedef {{ from: number, to: number }} Place */

/** The place of each token, in order; undefined if one of them is not in the text. @param {string} typed @param {readonly string[]} tokens @returns {Place[] | undefined} */
export function placesOf(typed, tokens) {
  const own = tokens.map(plain);
  const found = search(plain(typed), own);
  if (found) return found;
  const { text, origin } = lowered(plain(typed));
  const places = search(
    text,
    own.map((token) => token.toLowerCase()),
  );
  return places?.map(({ from, to }) => ({ from: origin[from] ?? typed.length, to: origin[to] ?? typed.length }));
}

/** Tokenizers may make apostrophes plain ones. @param {string} text */
const plain = (text) => text.replace(/[’ʼ]/g, "'");

/** @param {string} text @param {readonly string[]} tokens @returns {Place[] | undefined} */
function search(text, tokens) {
  const byCharacter = tokens.every((token) => [...token].length === 1);
  const places = [];
  let at = 0;
  for (const [i, token] of tokens.entries()) {
    const whole = !byCharacter && isWord(token) ? wholeWord(text, token, at, tokens[i + 1]) : undefined;
    const from = whole ?? text.indexOf(token, at);
    if (from < 0) return undefined;
    at = from + token.length;
    places.push({ from, to: at });
  }
  return places;
}

/** In these scripts blanks stand between words. @param {string} token */
const isWord = (token) => /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}']+$/u.test(token);

/**
 * Words that were left out may hold the token: "this" holds "is". So it is first looked for as a whole word, or as a part of one
 * that was split: it begins where the token before ended, or the next one begins where it ends.
 * @param {string} text @param {string} token @param {number} at where the token before ended @param {string} [next]
 */
function wholeWord(text, token, at, next) {
  const isInside = (/** @type {string | undefined} */ neighbour = '') => /[\p{L}\p{N}]/u.test(neighbour);
  for (let from = text.indexOf(token, at); from >= 0; from = text.indexOf(token, from + 1)) {
    const end = from + token.length;
    const begins = from === at || !isInside(text[from - 1]);
    const ends = !isInside(text[end]) || (next !== undefined && text.startsWith(next, end));
    if (begins && ends) return from;
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
