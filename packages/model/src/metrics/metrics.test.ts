/** Text metrics against jiwer, seqeval and sacrebleu. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import goldens from '../../goldens/text-metrics.json' with { type: 'json' };
import { bleu, bleuCounts } from './bleu.ts';
import type { BleuTokenizer } from './bleu-tokenizers.ts';
import { chrf, chrfCounts } from './chrf.ts';
import { characterErrors, editDistance, errorRate, wordErrors } from './edit-distance.ts';
import { countSpans, type SpanCounts, spanScores, spansOf } from './spans.ts';

describe('error rates', () => {
  test.each(goldens.errors)('are those of jiwer: $reference / $text', ({ reference, text, wer, cer }) => {
    expect(errorRate([wordErrors(reference, text)])).toBeCloseTo(wer, 12);
    expect(errorRate([characterErrors(reference, text)])).toBeCloseTo(cer, 12);
  });

  test('of a corpus divide all edits by all references', () => {
    const of = (errors: typeof wordErrors) => errorRate(goldens.errors.map(({ reference, text }) => errors(reference, text)));
    expect(of(wordErrors)).toBeCloseTo(goldens.corpusErrors.wer, 12);
    expect(of(characterErrors)).toBeCloseTo(goldens.corpusErrors.cer, 12);
  });

  test('without a reference are 0, or count what was inserted', () => {
    expect(errorRate([wordErrors('', ' ')])).toBe(0);
    expect(errorRate([wordErrors('', 'two words')])).toBe(2);
    expect(errorRate([])).toBe(0);
  });

  test('the distance is the fewest edits', () => {
    const sequence = fc.array(fc.nat(2), { maxLength: 5 });
    // By definition: a recursion over the first elements.
    const fewest = (a: readonly number[], b: readonly number[]): number => {
      if (a.length === 0 || b.length === 0) return a.length + b.length;
      const [restA, restB] = [a.slice(1), b.slice(1)];
      return a[0] === b[0] ? fewest(restA, restB) : 1 + Math.min(fewest(restA, restB), fewest(restA, b), fewest(a, restB));
    };
    fc.assert(
      fc.property(sequence, sequence, (a, b) => {
        expect(editDistance(a, b)).toBe(fewest(a, b));
      }),
      { numRuns: 100 },
    );
  });
});

describe('span scores', () => {
  test.each(goldens.spans)('are those of seqeval: $scheme', ({ scheme, gold, predicted, scores }) => {
    const counts: SpanCounts = new Map();
    for (const [i, labels] of gold.entries()) countSpans(counts, labels, predicted[i] as string[], scheme as 'lenient' | 'bio' | 'bioes');
    const { all, kinds } = spanScores(counts);
    const { 'micro avg': micro, ...expected } = scores as unknown as Record<string, number[]>;
    const actual = Object.entries({ ...kinds, all }).map(
      ([kind, { precision, recall, f1, support }]) => [kind, [precision, recall, f1, support]] as const,
    );
    expect(actual.map(([kind]) => kind)).toEqual([...Object.keys(expected), 'all']);
    for (const [kind, values] of actual) {
      const wanted = kind === 'all' ? micro : expected[kind];
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(wanted?.[i] as number, 12);
    }
  });

  test('an orphan I is a span where the scheme is lenient', () => {
    expect(spansOf(['O', 'I-x', 'I-y', 'O'])).toEqual([
      { kind: 'x', start: 1, end: 1 },
      { kind: 'y', start: 2, end: 2 },
    ]);
    expect(spansOf(['O', 'I-x', 'B-y', 'I-y'], 'bio')).toEqual([{ kind: 'y', start: 2, end: 3 }]);
    expect(spansOf(['B', 'I', 'S', 'B', 'E'], 'bioes')).toEqual([
      { kind: '_', start: 2, end: 2 },
      { kind: '_', start: 3, end: 4 },
    ]);
  });

  test('without spans are 0; other labels and lengths are refused', () => {
    expect(spanScores(new Map()).all).toEqual({ precision: 0, recall: 0, f1: 0, support: 0 });
    expect(() => spansOf(['NOUN'])).toThrow("got 'NOUN'");
    expect(() => countSpans(new Map(), ['O'], [])).toThrow('expected as many predicted labels as gold ones, 1, got 0');
  });
});

const { sentences } = goldens;

describe('BLEU', () => {
  test.each(goldens.bleu)('is that of sacrebleu: $tokenize, lowercase $lowercase', (golden) => {
    const options = { tokenize: golden.tokenize as BleuTokenizer, lowercase: golden.lowercase };
    const counts = sentences.map(({ hypothesis, references }) => bleuCounts(hypothesis, references, options));
    const { score, precisions, brevityPenalty } = bleu(counts);
    expect(score).toBeCloseTo(golden.corpus, 9);
    expect(brevityPenalty).toBeCloseTo(golden.brevityPenalty, 12);
    for (const [i, precision] of precisions.entries()) expect(precision).toBeCloseTo(golden.precisions[i] as number, 9);
    const first = sentences.map(({ hypothesis, references }) => bleuCounts(hypothesis, references.slice(0, 1), options));
    expect(bleu(first).score).toBeCloseTo(golden.oneReference, 9);
    for (const [i, each] of counts.entries()) expect(bleu([each], true).score, `${i}`).toBeCloseTo(golden.sentences[i] as number, 9);
  });

  test('needs a reference', () => {
    expect(() => bleuCounts('a', [])).toThrow('expected a reference, got none');
    expect(bleu([]).score).toBe(0);
  });
});

describe('chrF', () => {
  test.each(goldens.chrf)('is that of sacrebleu: word order $wordOrder, lowercase $lowercase', ({ wordOrder, lowercase, ...golden }) => {
    const options = { wordOrder, lowercase };
    const counts = sentences.map(({ hypothesis, references }) => chrfCounts(hypothesis, references, options));
    expect(chrf(counts)).toBeCloseTo(golden.corpus, 9);
    expect(chrf(sentences.map(({ hypothesis, references }) => chrfCounts(hypothesis, references.slice(0, 1), options)))).toBeCloseTo(
      golden.oneReference,
      9,
    );
    for (const [i, each] of counts.entries()) expect(chrf([each]), `${i}`).toBeCloseTo(golden.sentences[i] as number, 9);
  });

  test('needs a reference', () => {
    expect(() => chrfCounts('a', [])).toThrow('expected a reference, got none');
    expect(chrf([])).toBe(0);
  });
});
