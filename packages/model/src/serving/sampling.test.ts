import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleToken } from './sampling.ts';

const probabilities = Float32Array.of(0, 0.0625, 0.5, 0.1875, 0.25);

/** Shares that evenly spread random numbers give each id. */
function shares(options: Parameters<typeof sampleToken>[1]): number[] {
  const counts = new Array<number>(5).fill(0);
  const draws = 1000;
  for (let i = 0; i < draws; i++) {
    const id = sampleToken(probabilities, options, (i + 0.5) / draws);
    counts[id] = (counts[id] as number) + 1 / draws;
  }
  return counts;
}

function expectShares(options: Parameters<typeof sampleToken>[1], wanted: readonly number[]): void {
  for (const [id, share] of shares(options).entries()) expect(share).toBeCloseTo(wanted[id] as number, 2);
}

describe('sampleToken', () => {
  test('draws in proportion', () => expectShares({}, [0, 0.0625, 0.5, 0.1875, 0.25]));
  test('at temperature 0 takes the most probable', () => expectShares({ temperature: 0 }, [0, 0, 1, 0, 0]));
  test('at temperature 0.5 squares the odds', () => {
    const squares = [0, 0.0625, 0.5, 0.1875, 0.25].map((share) => share ** 2);
    const sum = squares.reduce((total, square) => total + square, 0);
    expectShares(
      { temperature: 0.5 },
      squares.map((square) => square / sum),
    );
  });
  test('topK keeps the k most probable', () => expectShares({ topK: 2 }, [0, 0, 2 / 3, 0, 1 / 3]));
  test('topP keeps as few as reach it', () => {
    expectShares({ topP: 0.5 }, [0, 0, 1, 0, 0]);
    expectShares({ topP: 0.7 }, [0, 0, 2 / 3, 0, 1 / 3]);
    expectShares({ topP: 1 }, shares({}));
  });
  test('never gives a token without probability, for any options', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 20 }).filter((weights) => weights.some((weight) => weight > 0)),
        fc.record({
          temperature: fc.double({ min: 0, max: 4, noNaN: true }),
          topK: fc.integer({ min: 1, max: 30 }),
          topP: fc.double({ min: 0.01, max: 1, noNaN: true }),
        }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (weights, options, uniform) => {
          const id = sampleToken(Float32Array.from(weights), options, uniform);
          expect(weights[id]).toBeGreaterThan(0);
        },
      ),
    );
  });
  test('refuses invalid options', () => {
    expect(() => sampleToken(probabilities, { temperature: -1 }, 0)).toThrow('temperature must be 0 or more, got -1');
    expect(() => sampleToken(probabilities, { topK: 0 }, 0)).toThrow('topK must be 1 or more, got 0');
    expect(() => sampleToken(probabilities, { topP: 0 }, 0)).toThrow('topP must be above 0 and at most 1, got 0');
    expect(() => sampleToken(Float32Array.of(0, 0), {}, 0)).toThrow('expected a token with a probability above 0');
  });
});
