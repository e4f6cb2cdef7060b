/** A text and its translation, as words. */
export interface WordPair {
  source: readonly string[];
  target: readonly string[];
}

export interface WordDictionary {
  /** Each word's most probable translation, in the order of the source. A word outside the dictionary stays as it is. */
  translate(words: readonly string[]): string[];
  /** Words with a translation. */
  readonly size: number;
}

/** Stands for what aligns target words without a source word. */
const NULL = '';
const ITERATIONS = 5;

/**
 * A dictionary from pairs of texts: t(target word | source word) by IBM model 1 (Brown et al., 1993), fitted by expectation maximization.
 */
export function fitWordDictionary(pairs: readonly WordPair[]): WordDictionary {
  let table = new Map<string, Map<string, number>>();
  // The first iteration reads uniform probabilities.
  for (let i = 0; i < ITERATIONS; i++) table = maximize(pairs, i === 0 ? () => 1 : (source, target) => table.get(source)?.get(target) ?? 0);
  const best = new Map([...table].map(([word, probabilities]) => [word, mostProbable(probabilities)]));
  return { translate: (words) => words.map((word) => best.get(word) ?? word), size: best.size - 1 };
}

/** Counts the expected alignments under `t`, and divides them by the counts of the source words. */
function maximize(pairs: readonly WordPair[], t: (source: string, target: string) => number): Map<string, Map<string, number>> {
  const counts = new Map<string, Map<string, number>>();
  for (const { source, target } of pairs) {
    const words = [NULL, ...source];
    for (const to of target) {
      const likely = words.map((from) => t(from, to));
      const sum = likely.reduce((total, value) => total + value, 0);
      for (const [i, from] of words.entries()) {
        const row = counts.get(from) ?? new Map<string, number>();
        counts.set(from, row.set(to, (row.get(to) ?? 0) + (likely[i] as number) / sum));
      }
    }
  }
  for (const row of counts.values()) {
    const total = [...row.values()].reduce((sum, count) => sum + count, 0);
    for (const [to, count] of row) row.set(to, count / total);
  }
  return counts;
}

function mostProbable(probabilities: ReadonlyMap<string, number>): string {
  let best: [string, number] = ['', 0];
  for (const [word, probability] of probabilities) if (probability > best[1]) best = [word, probability];
  return best[0];
}
