/** Viterbi and marginals against every label sequence, pytorch-crf's best sequences, and constraints between labels. */
import goldens from '@unroll/ops/goldens/crf.json' with { type: 'json' };
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CrfScores, marginals, viterbi } from './crf.ts';
import { type AllowedLabels, allowedLabels, firstForbidden } from './label-constraints.ts';

const numbers = (length: number) => fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: length, maxLength: length });
const flags = (length: number) =>
  fc.array(
    fc.nat(3).map((n) => n > 0),
    { minLength: length, maxLength: length },
  );

const tiny = fc.record({ T: fc.integer({ min: 1, max: 4 }), L: fc.integer({ min: 1, max: 3 }) }).chain(({ T, L }) =>
  fc.record({
    T: fc.constant(T),
    L: fc.constant(L),
    emissions: numbers(T * L),
    scores: fc.record({ transitions: numbers(L * L), start: numbers(L), end: numbers(L) }),
    allowed: fc.option(fc.record({ transitions: flags(L * L), start: flags(L), end: flags(L) }), { nil: undefined }),
  }),
);

function score(labels: readonly number[], L: number, emissions: readonly number[], { transitions, start, end }: CrfScores): number {
  const ofSteps = labels.reduce((sum, label, t) => sum + (emissions[t * L + label] as number), 0);
  const ofPairs = labels.slice(1).reduce((sum, label, t) => sum + (transitions[(labels[t] as number) * L + label] as number), 0);
  return ofSteps + ofPairs + (start[labels[0] as number] as number) + (end[labels.at(-1) as number] as number);
}

test('the best sequence and the marginals are those of every sequence that is allowed', () => {
  fc.assert(
    fc.property(tiny, ({ T, L, emissions, scores, allowed }) => {
      const every = Array.from({ length: L ** T }, (_, i) => Array.from({ length: T }, (_, t) => Math.floor(i / L ** t) % L))
        .filter((labels) => !allowed || firstForbidden(labels, allowed) === undefined)
        .map((labels) => ({ labels, score: score(labels, L, emissions, scores) }));
      if (every.length === 0) {
        for (const decode of [viterbi, marginals]) expect(() => decode(emissions, scores, allowed)).toThrow(`no sequence of ${T} labels`);
        return;
      }
      const best = viterbi(emissions, scores, allowed);
      expect(Math.abs(best.score - Math.max(...every.map((each) => each.score)))).toBeLessThan(1e-9);
      expect(Math.abs(best.score - score(best.labels, L, emissions, scores))).toBeLessThan(1e-9);
      if (allowed) expect(firstForbidden(best.labels, allowed)).toBeUndefined();

      const total = every.reduce((sum, each) => sum + Math.exp(each.score), 0);
      const probabilities = marginals(emissions, scores, allowed);
      for (let t = 0; t < T; t++) {
        for (let k = 0; k < L; k++) {
          const share = every.filter(({ labels }) => labels[t] === k).reduce((sum, each) => sum + Math.exp(each.score), 0) / total;
          expect(Math.abs((probabilities[t * L + k] as number) - share)).toBeLessThan(1e-6);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test.each(goldens)('the best sequences are those of pytorch-crf: $name', ({ emissions, lengths, best, ...scores }) => {
  const L = scores.start.length;
  const T = Math.max(...lengths);
  for (const [b, length] of lengths.entries()) {
    const own = emissions.slice(b * T * L, (b * T + length) * L);
    expect(viterbi(own, { ...scores, transitions: scores.transitions.flat() }).labels).toEqual(best[b]);
  }
});

test('no steps have no labels; NaN reaches the score; sizes are refused by name', () => {
  const scores = { transitions: [0, 0, 0, 0], start: [0, 0], end: [0, 0] };
  expect(viterbi([], scores)).toEqual({ labels: [], score: 0 });
  expect(marginals([], scores)).toEqual(new Float32Array());
  expect(viterbi([1, 2, Number.NaN, 0], scores).score).toBeNaN();
  expect(() => viterbi([1, 2, 3], scores)).toThrow('expected emissions [T,2], 4 transitions and 2 ends for 2 starts, got 3 emissions');
});

/** The pairs that are allowed, as 'from to', and the labels that may be first and last. */
function namesOf(labels: readonly string[], { transitions, start, end }: AllowedLabels) {
  return {
    pairs: labels.flatMap((from, j) => labels.filter((_, k) => transitions[j * labels.length + k]).map((to) => `${from} ${to}`)),
    start: labels.filter((_, k) => start[k]),
    end: labels.filter((_, k) => end[k]),
  };
}

test('BIO: I follows B or I of its kind alone', () => {
  const labels = ['O', 'B-x', 'I-x', 'I-y'];
  expect(namesOf(labels, allowedLabels(labels, 'bio'))).toEqual({
    pairs: ['O O', 'O B-x', 'B-x O', 'B-x B-x', 'B-x I-x', 'I-x O', 'I-x B-x', 'I-x I-x', 'I-y O', 'I-y B-x', 'I-y I-y'],
    start: ['O', 'B-x'],
    end: labels,
  });
});

test('BIOES: a span that began must end', () => {
  const labels = ['O', 'B-x', 'I-x', 'E-x', 'S-x'];
  expect(namesOf(labels, allowedLabels(labels, 'bioes'))).toEqual({
    pairs: [
      'O O',
      'O B-x',
      'O S-x',
      'B-x I-x',
      'B-x E-x',
      'I-x I-x',
      'I-x E-x',
      'E-x O',
      'E-x B-x',
      'E-x S-x',
      'S-x O',
      'S-x B-x',
      'S-x S-x',
    ],
    start: ['O', 'B-x', 'S-x'],
    end: ['O', 'E-x', 'S-x'],
  });
});

test('the first label that breaks the constraints is found', () => {
  const allowed = allowedLabels(['O', 'B', 'I', 'E', 'S'], 'bioes');
  expect([[], [1, 2, 3], [2], [0, 3], [1, 3, 2], [0, 1]].map((labels) => firstForbidden(labels, allowed))).toEqual([
    undefined,
    undefined,
    0,
    1,
    2,
    1,
  ]);
});

test('a label of another scheme is refused by name', () => {
  expect(() => allowedLabels(['O', 'E-x'], 'bio')).toThrow("label 'E-x' is not of the scheme 'bio': expected O, B-…, I-…");
  expect(() => allowedLabels(['NOUN'], 'bioes')).toThrow("label 'NOUN' is not of the scheme 'bioes'");
});
