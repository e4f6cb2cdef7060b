import { countNGrams, sharedCount, splitWords, totalOf } from './n-grams.ts';

export interface ChrfOptions {
  /** Word n-grams up to this order beside characters: 0 is chrF (the default), 2 chrF++. */
  wordOrder?: number;
  lowercase?: boolean;
}

/** What chrF counts in a sentence, for each order. Sums over sentences give the score of a corpus. */
export interface ChrfCounts {
  hypothesis: number;
  reference: number;
  hits: number;
}

const CHARACTER_ORDER = 6;
/** Recall counts that many times as much as precision. */
const BETA = 2;

/** The counts of one hypothesis against the reference, of one or more, with the best score. */
export function chrfCounts(hypothesis: string, references: readonly string[], options: ChrfOptions = {}): ChrfCounts[] {
  const own = nGramsOf(hypothesis, options);
  let best: { counts: ChrfCounts[]; score: number } | undefined;
  for (const reference of references) {
    const counts = nGramsOf(reference, options).map((other, i) => ({
      // An order that the reference is too short for does not count.
      hypothesis: other.size ? totalOf(own[i] as Map<string, number>) : 0,
      reference: totalOf(other),
      hits: sharedCount(own[i] as Map<string, number>, other),
    }));
    const score = scoreOf(counts);
    if (!best || score > best.score) best = { counts, score };
  }
  if (!best) throw new Error('chrf: expected a reference, got none');
  return best.counts;
}

/** chrF2 or chrF++ (Popović, 2015 and 2017) as sacrebleu computes it, from 0 to 100. */
export function chrf(sentences: Iterable<readonly ChrfCounts[]>): number {
  const sums: ChrfCounts[] = [];
  for (const counts of sentences) {
    for (const [i, { hypothesis, reference, hits }] of counts.entries()) {
      const sum = sums[i] ?? { hypothesis: 0, reference: 0, hits: 0 };
      sums[i] = { hypothesis: sum.hypothesis + hypothesis, reference: sum.reference + reference, hits: sum.hits + hits };
    }
  }
  return scoreOf(sums);
}

/** The F score of the mean precision and recall over the orders that both are long enough for. */
function scoreOf(counts: readonly ChrfCounts[]): number {
  const used = counts.filter(({ hypothesis, reference }) => hypothesis > 0 && reference > 0);
  const mean = (of: (each: ChrfCounts) => number) => used.reduce((sum, each) => sum + of(each), 0) / used.length;
  const precision = mean(({ hits, hypothesis }) => hits / hypothesis);
  const recall = mean(({ hits, reference }) => hits / reference);
  return precision + recall > 0 ? (100 * (1 + BETA ** 2) * precision * recall) / (BETA ** 2 * precision + recall) : 0;
}

function nGramsOf(text: string, { wordOrder = 0, lowercase }: ChrfOptions): Map<string, number>[] {
  const words = splitWords(lowercase ? text.toLowerCase() : text);
  const characters = Array.from(words.join(''));
  const tokens = words.flatMap(withoutPunctuation);
  return [
    ...Array.from({ length: CHARACTER_ORDER }, (_, i) => countNGrams(characters, i + 1)),
    ...Array.from({ length: wordOrder }, (_, i) => countNGrams(tokens, i + 1)),
  ];
}

/** A word and the ASCII punctuation at its end, or else at its beginning. */
function withoutPunctuation(word: string): string[] {
  if (Array.from(word).length === 1) return [word];
  const isPunctuation = (character: string) => /[!-/:-@[-`{-~]/.test(character);
  if (isPunctuation(word.slice(-1))) return [word.slice(0, -1), word.slice(-1)];
  if (isPunctuation(word.slice(0, 1))) return [word.slice(0, 1), word.slice(1)];
  return [word];
}
