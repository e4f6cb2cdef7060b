/** The fewest substitutions, insertions and deletions between two sequences (Levenshtein, 1966). */
export function editDistance<T>(from: ArrayLike<T>, to: ArrayLike<T>): number {
  let last = Uint32Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 0; i < from.length; i++) {
    const next = new Uint32Array(to.length + 1);
    next[0] = i + 1;
    for (let j = 0; j < to.length; j++) {
      const substituted = (last[j] as number) + (from[i] === to[j] ? 0 : 1);
      next[j + 1] = Math.min(substituted, (last[j + 1] as number) + 1, (next[j] as number) + 1);
    }
    last = next;
  }
  return last[to.length] as number;
}

/** Edits between texts and their references, and the length of the references. Sums over texts give the rate of all. */
export interface Errors {
  edits: number;
  length: number;
}

/** Edits by word. Words are separated by white space. */
export function wordErrors(reference: string, text: string): Errors {
  const words = wordsOf(reference);
  return { edits: editDistance(words, wordsOf(text)), length: words.length };
}

/** Edits by character, a Unicode code point. White space counts, except around the text. */
export function characterErrors(reference: string, text: string): Errors {
  const characters = Array.from(reference.trim());
  return { edits: editDistance(characters, Array.from(text.trim())), length: characters.length };
}

/**
 * Edits per word or character of the references, as jiwer's `wer` and `cer`: above 1 if more is inserted than there is. Where all references are empty: 0 if
 * the texts are, too, else their length.
 */
export function errorRate(errors: Iterable<Errors>): number {
  let [edits, length] = [0, 0];
  for (const each of errors) {
    edits += each.edits;
    length += each.length;
  }
  return length === 0 ? edits : edits / length;
}

const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== '');
