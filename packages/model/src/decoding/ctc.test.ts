/** CTC decoding against all paths, which a tiny vocabulary lets us count. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Hypothesis, prefixBeamSearch } from './ctc-beam.ts';
import { collapse, greedyCtc } from './ctc-greedy.ts';

const finite = (T: number, L: number) => fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: T * L, maxLength: T * L });
const tiny = fc
  .record({ T: fc.integer({ min: 0, max: 5 }), L: fc.integer({ min: 2, max: 3 }) })
  .chain(({ T, L }) => fc.record({ T: fc.constant(T), L: fc.constant(L), blank: fc.nat(L - 1), logits: finite(T, L) }));

/** Every label sequence that a path spells, with its probability. */
function everySequence({ T, L, blank, logits }: { T: number; L: number; blank: number; logits: number[] }) {
  const found = new Map<string, { labels: number[]; probability: number }>();
  for (let path = 0; path < L ** T; path++) {
    const labels = Array.from({ length: T }, (_, t) => Math.floor(path / L ** t) % L);
    const probability = labels.reduce((product, label, t) => {
      const powers = logits.slice(t * L, (t + 1) * L).map(Math.exp);
      return (product * (powers[label] as number)) / powers.reduce((sum, power) => sum + power, 0);
    }, 1);
    const spelled = collapse(labels, blank);
    const known = found.get(spelled.join()) ?? { labels: spelled, probability: 0 };
    found.set(spelled.join(), { ...known, probability: known.probability + probability });
  }
  return [...found.values()];
}

const byScore = (hypotheses: readonly Hypothesis[]) => [...hypotheses].sort((a, b) => b.score - a.score);

test('a beam that holds every prefix finds every sequence with its probability, also with a language model and a bonus', () => {
  const extras = fc.record({
    weight: fc.double({ min: 0, max: 2, noNaN: true }),
    lengthBonus: fc.double({ min: -2, max: 2, noNaN: true }),
  });
  fc.assert(
    fc.property(tiny, fc.option(extras), (given, extra) => {
      const { L, blank, logits } = given;
      // Depends on the whole prefix, not only on its last label.
      const next = (prefix: readonly number[]) =>
        Array.from({ length: L }, (_, k) => -Math.abs(Math.sin(prefix.reduce((h, l) => 3 * h + l + 1, k))));
      const modelScore = (labels: readonly number[]) =>
        labels.reduce((sum, label, i) => sum + (next(labels.slice(0, i))[label] as number), 0);
      const expected = byScore(
        everySequence(given).map(({ labels, probability }) => {
          const logProbability = Math.log(probability);
          return {
            labels,
            logProbability,
            score: logProbability + (extra ? extra.weight * modelScore(labels) + extra.lengthBonus * labels.length : 0),
          };
        }),
      );
      const options = extra ? { languageModel: { next, weight: extra.weight }, lengthBonus: extra.lengthBonus } : {};
      const found = prefixBeamSearch(logits, L, { blank, beamWidth: 500, nBest: 500, ...options });
      expect(found.length).toBe(expected.length);
      for (const [i, hypothesis] of found.entries()) {
        expect(Math.abs(hypothesis.score - (expected[i]?.score as number))).toBeLessThan(1e-9);
        const same = expected.find(({ labels }) => labels.join() === hypothesis.labels.join());
        expect(Math.abs(hypothesis.logProbability - (same?.logProbability as number))).toBeLessThan(1e-9);
      }
    }),
    { numRuns: 80 },
  );
});

test('a narrow beam returns different prefixes, never more probable than they are', () => {
  fc.assert(
    fc.property(tiny, fc.integer({ min: 1, max: 4 }), (given, beamWidth) => {
      const { L, blank, logits } = given;
      const exact = new Map(everySequence(given).map(({ labels, probability }) => [labels.join(), Math.log(probability)]));
      const found = prefixBeamSearch(logits, L, { blank, beamWidth, nBest: beamWidth });
      expect(new Set(found.map(({ labels }) => labels.join())).size).toBe(found.length);
      for (const { labels, logProbability } of found) expect(logProbability).toBeLessThan((exact.get(labels.join()) as number) + 1e-9);
    }),
    { numRuns: 150 },
  );
});

test('greedy decoding spells the most probable path; the beam finds what many paths spell', () => {
  // Frames of blank .6, label 1 .4: the path of blanks has .36, the label's three paths .64.
  const logits = [Math.log(0.6), Math.log(0.4), Math.log(0.6), Math.log(0.4)];
  expect(greedyCtc(logits, 2, 0)).toEqual([]);
  const [best] = prefixBeamSearch(logits, 2, { blank: 0, beamWidth: 2 });
  expect(best?.labels).toEqual([1]);
  expect(Math.exp(best?.logProbability as number)).toBeCloseTo(0.64, 12);
  expect(greedyCtc([0, 9, 0, 9, 9, 0, 0, 9], 2, 0)).toEqual([1, 1]);
  expect(greedyCtc([], 3, 0)).toEqual([]);
});

test('a beam of no width is refused', () => {
  const search = (options: { beamWidth: number; nBest?: number }) => prefixBeamSearch([0, 0], 2, { blank: 0, ...options });
  expect(() => search({ beamWidth: 0 })).toThrow('expected a beamWidth of at least 1, got 0');
  expect(() => search({ beamWidth: 2, nBest: 3 })).toThrow('expected nBest from 1 to the beamWidth, 2, got 3');
});
