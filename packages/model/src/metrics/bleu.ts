import { type BleuTokenizer, bleuTokenizers } from './bleu-tokenizers.ts';
import { countNGrams, sharedCount, splitWords, totalOf } from './n-grams.ts';

export interface BleuOptions {
  /** '13a' by default. */
  tokenize?: BleuTokenizer;
  lowercase?: boolean;
}

/** What BLEU counts in a sentence. Sums over sentences give the score of a corpus. */
export interface BleuCounts {
  /** Tokens of the hypothesis, and of the reference whose length is closest. */
  length: number;
  referenceLength: number;
  /** n-grams of the hypothesis for n from 1 to 4, and those that a reference has. */
  totals: number[];
  hits: number[];
}

export interface BleuScore {
  /** From 0 to 100. */
  score: number;
  /** Percent of hits for n from 1 to 4. */
  precisions: number[];
  brevityPenalty: number;
}

const ORDERS = [1, 2, 3, 4];

/** The counts of one hypothesis against one or more references. */
export function bleuCounts(
  hypothesis: string,
  references: readonly string[],
  { tokenize = '13a', lowercase }: BleuOptions = {},
): BleuCounts {
  if (references.length === 0) throw new Error('bleu: expected a reference, got none');
  const tokensOf = (text: string) => splitWords(bleuTokenizers[tokenize]((lowercase ? text.toLowerCase() : text).trimEnd()));
  const tokens = tokensOf(hypothesis);
  const others = references.map(tokensOf);
  const distance = (length: number) => Math.abs(length - tokens.length);
  const [closest = 0] = others.map(({ length }) => length).sort((a, b) => distance(a) - distance(b) || a - b);
  const ofOrders = ORDERS.map((n) => {
    const own = countNGrams(tokens, n);
    const most = new Map<string, number>();
    for (const other of others) for (const [key, count] of countNGrams(other, n)) most.set(key, Math.max(count, most.get(key) ?? 0));
    return { total: totalOf(own), hits: sharedCount(own, most) };
  });
  return {
    length: tokens.length,
    referenceLength: closest,
    totals: ofOrders.map(({ total }) => total),
    hits: ofOrders.map(({ hits }) => hits),
  };
}

/**
 * BLEU (Papineni et al., 2002) as sacrebleu computes it, with its 'exp' smoothing: the first order without a hit counts as half a hit, the next as a
 * quarter.
 * @param effectiveOrder leaves out orders that the hypotheses are too short for, as sacrebleu's sentence_bleu.
 */
export function bleu(sentences: Iterable<BleuCounts>, effectiveOrder = false): BleuScore {
  const sum: BleuCounts = { length: 0, referenceLength: 0, totals: ORDERS.map(() => 0), hits: ORDERS.map(() => 0) };
  for (const { length, referenceLength, totals, hits } of sentences) {
    sum.length += length;
    sum.referenceLength += referenceLength;
    sum.totals = sum.totals.map((total, i) => total + (totals[i] as number));
    sum.hits = sum.hits.map((total, i) => total + (hits[i] as number));
  }
  const brevityPenalty = sum.length >= sum.referenceLength ? 1 : sum.length === 0 ? 0 : Math.exp(1 - sum.referenceLength / sum.length);
  if (!sum.hits.some(Boolean)) return { score: 0, precisions: ORDERS.map(() => 0), brevityPenalty };

  let smoothed = 1;
  const precisions = sum.totals.map((total, i) => {
    const hits = sum.hits[i] as number;
    if (total === 0) return 0;
    if (hits === 0) smoothed *= 2;
    return (100 * (hits || 1 / smoothed)) / total;
  });
  const used = effectiveOrder ? precisions.slice(0, sum.totals.filter(Boolean).length) : precisions;
  const mean = used.reduce((total, precision) => total + Math.log(precision), 0) / used.length;
  return { score: brevityPenalty * Math.exp(mean), precisions, brevityPenalty };
}
