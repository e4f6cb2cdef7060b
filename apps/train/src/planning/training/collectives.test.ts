import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ringTime, treeTime } from './collectives.ts';

const link = { latency: 10, secondsPerByte: 2 };

describe('closed forms', () => {
  // 2(R-1)α + 2n(R-1)/R·β + n(R-1)/R·γ with α 10, β 2, γ 1.
  test.each([
    [2, 8, 2 * 10 + 8 * 2 + 4],
    [4, 8, 6 * 10 + 12 * 2 + 6],
  ])('a ring of %d ranks, %d bytes: %d', (ranks, bytes, time) =>
    expect(ringTime({ ranks, bytes, secondsPerByteAdded: 1 }, link)).toBeCloseTo(time, 9),
  );

  // ⌈lg R⌉·(2α + 2nβ + nγ)
  test.each([
    [2, 8, 20 + 32 + 8],
    [4, 8, 2 * 60],
    [5, 8, 3 * 60],
  ])('a tree of %d ranks, %d bytes: %d', (ranks, bytes, time) =>
    expect(treeTime({ ranks, bytes, secondsPerByteAdded: 1 }, link)).toBeCloseTo(time, 9),
  );
});

test('more bandwidth is never slower, and one rank sends nothing', () => {
  const sizes = fc.record({
    ranks: fc.integer({ min: 1, max: 40 }),
    bytes: fc.integer({ min: 1, max: 1e8 }),
    latency: fc.double({ min: 0, max: 1e-3, noNaN: true }),
    bandwidth: fc.double({ min: 1e6, max: 1e11, noNaN: true }),
    faster: fc.double({ min: 1, max: 100, noNaN: true }),
  });
  fc.assert(
    fc.property(sizes, ({ ranks, bytes, latency, bandwidth, faster }) => {
      const reduction = { ranks, bytes, secondsPerByteAdded: 1e-10 };
      const [slow, fast] = [bandwidth, bandwidth * faster].map((each) => ({ latency, secondsPerByte: 1 / each })) as [
        typeof link,
        typeof link,
      ];
      for (const time of [ringTime, treeTime]) {
        expect(time(reduction, fast)).toBeLessThanOrEqual(time(reduction, slow) * (1 + 1e-12));
        expect(time({ ...reduction, ranks: 1 }, slow)).toBe(0);
      }
    }),
  );
});
