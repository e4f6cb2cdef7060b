import { bleu, bleuCounts } from '@unroll/model/metrics/bleu.ts';
import { chrf, chrfCounts } from '@unroll/model/metrics/chrf.ts';
import type { Metric } from '@unroll/model/tasks/task.ts';

const points = { better: 'higher', format: (value: number) => value.toFixed(1) } as const;

/** Scores of whole translations, from 0 to 100. */
export const translationMetrics = { bleu: points, chrF: points } satisfies Record<string, Metric>;

/** References with fewer words than this have no blanks between words. */
const UNSPACED_WORDS = 1.5;

/**
 * BLEU and chrF of translations of a corpus. In scripts without blanks BLEU counts characters.
 * @param references one for each translation.
 */
export function scoreTranslations(
  texts: readonly string[],
  references: readonly string[],
): Record<keyof typeof translationMetrics, number> {
  const words = references.reduce((sum, reference) => sum + reference.trim().split(/\s+/).length, 0);
  const tokenize = words < UNSPACED_WORDS * references.length ? 'char' : '13a';
  const withReference = texts.map((text, i) => [text, [references[i] as string]] as const);
  return {
    bleu: bleu(withReference.map(([text, reference]) => bleuCounts(text, reference, { tokenize }))).score,
    chrF: chrf(withReference.map(([text, reference]) => chrfCounts(text, reference))),
  };
}
