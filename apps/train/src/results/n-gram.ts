/** A language model that only counts n-grams. A network must beat it to be worth its weights. */
export interface NGram {
  /** The sum of -log2 of the probabilities of a sequence's tokens. */
  bits(ids: ArrayLike<number>, from: number, to: number): number;
  /** The number of its counters. */
  readonly size: number;
}

/**
 * Interpolated n-grams with Witten-Bell smoothing (Witten & Bell, 1991): P(w|h) = (c(hw) + N(h)·P(w|h')) / (c(h) + N(h)), N(h) the
 * number of different tokens seen after h, and h' is h without its oldest token. The shortest history falls back to the uniform distribution.
 * @param order tokens in an n-gram, the predicted one included.
 */
export function fitNGram(ids: ArrayLike<number>, order: number, vocabularySize: number): NGram {
  /** For each history, its count and the counts of the tokens after it. */
  const tables = Array.from({ length: order }, () => new Map<string, { total: number; next: Map<number, number> }>());
  let size = 0;
  /** Characters have 16 bits, ids may have more. */
  const isWide = vocabularySize > 0x10000;
  const charactersOf = (id: number) => (isWide ? String.fromCharCode(id >>> 16, id & 0xffff) : String.fromCharCode(id));
  const historyOf = (sequence: ArrayLike<number>, at: number, length: number) => {
    let key = '';
    for (let i = at - length; i < at; i++) key += charactersOf(sequence[i] as number);
    return key;
  };
  for (let at = 0; at < ids.length; at++) {
    for (let length = 0; length < Math.min(order, at + 1); length++) {
      const table = tables[length] as (typeof tables)[number];
      const key = historyOf(ids, at, length);
      const entry = table.get(key) ?? { total: 0, next: new Map<number, number>() };
      table.set(key, entry);
      const token = ids[at] as number;
      const seen = entry.next.get(token) ?? 0;
      if (seen === 0) size++;
      entry.next.set(token, seen + 1);
      entry.total++;
    }
  }
  return {
    size,
    bits(sequence, from, to) {
      let bits = 0;
      for (let at = from; at < to; at++) {
        let probability = 1 / vocabularySize;
        for (let length = 0; length < Math.min(order, at - from + 1); length++) {
          const entry = tables[length]?.get(historyOf(sequence, at, length));
          if (!entry) break;
          const { total, next } = entry;
          probability = ((next.get(sequence[at] as number) ?? 0) + next.size * probability) / (total + next.size);
        }
        bits -= Math.log2(probability);
      }
      return bits;
    },
  };
}
