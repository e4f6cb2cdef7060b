import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BeamOptions, beamSearch, type Hypothesis, type NextTokens } from './beam-search.ts';

/** A language model over prefixes: the log-probabilities after a prefix follow from its hash. */
const VOCABULARY = 4;
const END = 3;

function logProbabilitiesAfter(seed: number, prefix: readonly number[]): number[] {
  let hash = seed * 2654435761 + 1;
  for (const token of prefix) hash = (Math.imul(hash ^ (token + 1), 2246822519) + 374761393) | 0;
  const logits = Array.from({ length: VOCABULARY }, (_, i) => 2 * Math.sin(hash * 0.001 + i * 1.7));
  const sum = Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
  return logits.map((logit) => logit - sum);
}

/** Follows the rows of the search, as a network with its state does. */
function modelOf(seeds: readonly number[], beam: number): NextTokens {
  let prefixes: number[][] = Array.from({ length: seeds.length * beam }, () => []);
  return (continued) => {
    if (continued) {
      const before = prefixes;
      prefixes = Array.from(continued.tokens, (token, row) => [...(before[continued.parents[row] as number] as number[]), token]);
    }
    return Float32Array.from(prefixes.flatMap((prefix, row) => logProbabilitiesAfter(seeds[Math.floor(row / beam)] as number, prefix)));
  };
}

const search = (seeds: readonly number[], options: Partial<BeamOptions> & { beam: number; maxLength: number }) =>
  beamSearch({ batch: seeds.length, end: END, ...options }, modelOf(seeds, options.beam));

/** Every text of at most maxLength tokens with its end, the best first. */
function everyText(seed: number, maxLength: number, lengthPenalty: number) {
  const all: { tokens: number[]; score: number }[] = [];
  const visit = (tokens: number[], logProbability: number) => {
    const next = logProbabilitiesAfter(seed, tokens);
    const penalty = ((5 + Math.max(1, tokens.length)) / 6) ** lengthPenalty;
    all.push({ tokens, score: (logProbability + (next[END] as number)) / penalty });
    if (tokens.length === maxLength) return;
    for (let token = 0; token < END; token++) visit([...tokens, token], logProbability + (next[token] as number));
  };
  visit([], 0);
  return all.sort((a, b) => b.score - a.score);
}

const seed = fc.integer({ min: 1, max: 1e6 });
const lengthPenalty = fc.constantFrom(0, 0.6, 1, 1.5);

describe('beam search', () => {
  test('with a beam of 1 takes the most probable token at each step', () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 6 }), (seed, maxLength) => {
        const [[found]] = search([seed], { beam: 1, maxLength }) as [[Hypothesis]];
        const tokens: number[] = [];
        while (tokens.length < maxLength) {
          const next = logProbabilitiesAfter(seed, tokens);
          const best = next.indexOf(Math.max(...next));
          if (best === END) break;
          tokens.push(best);
        }
        expect(found.tokens).toEqual(tokens);
      }),
    );
  });

  test('with a beam that holds every prefix finds the best texts of all', () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 4 }), lengthPenalty, (seed, maxLength, lengthPenalty) => {
        const beam = 3 ** maxLength * 2;
        const [found] = search([seed], { beam, maxLength, lengthPenalty, nBest: 3 }) as [Hypothesis[]];
        const best = everyText(seed, maxLength, lengthPenalty).slice(0, 3);
        expect(found.map(({ score }) => score)).toEqual(best.map(({ score }) => expect.closeTo(score, 5)));
        expect(found[0]?.tokens).toEqual(best[0]?.tokens);
      }),
      { numRuns: 60 },
    );
  });

  test('finds for each sentence what it finds for it alone', () => {
    fc.assert(
      fc.property(
        fc.array(seed, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 5 }),
        lengthPenalty,
        (seeds, beam, lengthPenalty) => {
          const options = { beam, maxLength: 6, lengthPenalty, nBest: beam };
          const plain = (hypotheses: Hypothesis[]) => hypotheses.map(({ rows: _, ...rest }) => rest);
          const together = search(seeds, options).map(plain);
          expect(together).toEqual(seeds.map((seed) => plain(search([seed], options)[0] as Hypothesis[])));
        },
      ),
    );
  });

  test('names the row of each step, so that attention is found there', () => {
    const [hypotheses] = search([7], { beam: 3, maxLength: 5, nBest: 3 }) as [Hypothesis[]];
    for (const { tokens, rows } of hypotheses) expect(rows).toHaveLength(tokens.length);
  });

  test('never gives a forbidden token, nor more than maxLength of them', () => {
    const forbidden = [0, END];
    const [[found]] = search([3], { beam: 2, maxLength: 4, forbidden }) as [[Hypothesis]];
    expect(found.tokens.every((token) => token === 1 || token === 2)).toBe(true);
    expect(found.tokens).toHaveLength(4);
  });

  test.each([
    [{ beam: 0, maxLength: 3 }, 'beam must be a whole number from 1, got 0'],
    [{ beam: 1.5, maxLength: 3 }, 'beam must be a whole number from 1, got 1.5'],
    [{ beam: 2, maxLength: 0 }, 'maxLength must be a whole number from 1, got 0'],
    [{ beam: 2, maxLength: 3, nBest: 3 }, 'nBest must be at most the beam, 2, got 3'],
  ])('refuses %o', (options, message) => {
    expect(() => search([1], options)).toThrow(message);
  });
});
