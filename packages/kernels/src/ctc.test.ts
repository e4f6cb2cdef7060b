/** The CTC kernel's twin against its definition, and the kernel against its twin at random sizes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runBoth, worstExcess } from '../testing/run-entry.ts';
import { ctcEntry } from './entries/ctc.ts';
import { kernelModes } from './modes.ts';
import { ctcLoss } from './reference/ctc.ts';

/** Up to 4 frames of up to 3 labels, whose paths can be counted. */
const tiny = fc
  .record({ T: fc.integer({ min: 0, max: 4 }), L: fc.integer({ min: 2, max: 3 }), blankFirst: fc.boolean() })
  .chain(({ T, L, blankFirst }) => {
    const blank = blankFirst ? 0 : L - 1;
    const labels = Array.from({ length: L }, (_, k) => k).filter((k) => k !== blank);
    return fc.record({
      L: fc.constant(L),
      blank: fc.constant(blank),
      logits: fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: T * L, maxLength: T * L }),
      target: fc.array(fc.constantFrom(...labels), { maxLength: 3 }),
    });
  });

test('the twin adds up every path that spells the target', () => {
  fc.assert(
    fc.property(tiny, (sequence) => {
      const { L, logits, target, blank } = sequence;
      const T = logits.length / L;
      let total = 0;
      for (let path = 0; path < L ** T; path++) {
        const labels = Array.from({ length: T }, (_, t) => Math.floor(path / L ** t) % L);
        const spelled = labels.filter((label, t) => label !== blank && label !== labels[t - 1]);
        if (spelled.join() === target.join()) total += labels.reduce((product, label, t) => product * softmax(logits, L, t, label), 1);
      }
      const { loss } = ctcLoss(sequence);
      if (total === 0) expect(loss).toBe(Number.POSITIVE_INFINITY);
      else expect(Math.abs(loss + Math.log(total))).toBeLessThan(1e-9);
    }),
    { numRuns: 200 },
  );
});

test("the twin's gradient is the difference quotient of its loss", () => {
  fc.assert(
    fc.property(tiny, (sequence) => {
      const { logits } = sequence;
      const { loss, gradient } = ctcLoss(sequence);
      for (const [i, value] of logits.entries()) {
        const moved = (by: number) => ctcLoss({ ...sequence, logits: logits.with(i, value + by) }).loss;
        const slope = loss === Number.POSITIVE_INFINITY ? 0 : (moved(1e-5) - moved(-1e-5)) / 2e-5;
        expect(Math.abs((gradient[i] as number) - slope)).toBeLessThan(1e-7);
      }
    }),
    { numRuns: 100 },
  );
});

test('the kernel agrees with its twin at random sizes and stays within its buffers', () => {
  const size = fc.record({
    B: fc.integer({ min: 1, max: 4 }),
    T: fc.integer({ min: 1, max: 20 }),
    L: fc.integer({ min: 2, max: 20 }),
    S: fc.integer({ min: 0, max: 18 }),
    blank: fc.constantFrom('first' as const, 'last' as const),
  });
  fc.assert(
    fc.property(size, fc.constantFrom(...kernelModes), fc.nat(1000), (drawn, mode, seed) => {
      const { outputs, damaged, untouched } = runBoth(ctcEntry, mode, drawn, seed);
      expect(damaged).toEqual([]);
      expect(untouched).toBe(true);
      for (const output of outputs) expect(worstExcess(output, { absolute: 1e-4 }), output.name).toBeLessThanOrEqual(1);
    }),
    { numRuns: 100 },
  );
});

function softmax(logits: readonly number[], L: number, t: number, label: number): number {
  const powers = logits.slice(t * L, (t + 1) * L).map(Math.exp);
  return (powers[label] as number) / powers.reduce((sum, power) => sum + power, 0);
}
