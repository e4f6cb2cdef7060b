/** NaN and Infinity follow IEEE 754 in every build, and do not spread through padding lanes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { builds, hasKernel, type Poison, runBoth, runKernel } from '../testing/run-entry.ts';
import type { KernelEntry } from './entries/entry.ts';
import { recurrentEntries } from './entries/recurrent.ts';
import { forEachKernel } from './entries/registry.ts';

const poisons = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** Any float input of an entry with any number of it poisoned. */
function poisonOf<S>(entry: KernelEntry<S>, size: S): fc.Arbitrary<Poison> {
  const floats = entry
    .operands(size)
    .flatMap(({ role, type, length }, operand) => (role === 'in' && type === 'f32' && length ? [{ operand, length }] : []));
  return fc
    .tuple(fc.constantFrom(...floats), fc.nat(10_000), fc.constantFrom(...poisons))
    .map(([{ operand, length }, index, value]) => ({ operand, index: index % length, value }));
}

/** Sizes at which the twins are quick. */
const smallSizes = <S>(entry: KernelEntry<S>) => entry.sizes.filter((size) => entry.flops(size) < 1e5 && entry.flops(size) > 0);

const kind = (value: number | undefined) => (Number.isFinite(value) ? 'finite' : `${value}`);

describe.each(builds)('%s build', (build) => {
  forEachKernel((entry) => {
    // The twins of gradients are numeric differences, which are meaningless for NaN and Infinity.
    if (!hasKernel(build, entry.name) || entry.name.endsWith('Backward') || entry.name === 'gatherInt8') return;
    test(`${entry.label ?? entry.name} gives NaN, Infinity and numbers where its twin does`, () => {
      const drawn = fc.constantFrom(...smallSizes(entry)).chain((size) => fc.tuple(fc.constant(size), poisonOf(entry, size), fc.nat(100)));
      fc.assert(
        fc.property(drawn, ([size, poison, seed]) => {
          const { outputs, damaged } = runBoth(entry, build, size, seed, poison);
          expect(damaged).toEqual([]);
          for (const { name, actual, expected } of outputs) expect(Array.from(actual, kind), name).toEqual(Array.from(expected, kind));
        }),
        { numRuns: 60 },
      );
    });
  });
});

const gradients = recurrentEntries.filter(({ name }) => name === 'recurrentBackward');
const size = { B: 3, T: 4, I: 5, H: 3, initial: true, mask: 'none', drop: false, bias: true } as const;
const every = fc.record({ b: fc.nat(size.B - 1), t: fc.nat(size.T - 1), i: fc.nat(size.I - 1), reverse: fc.boolean(), seed: fc.nat(100) });
const places = fc.tuple(every, fc.constantFrom(3, 8, 16, 17));

describe.each(builds.filter((build) => hasKernel(build, 'recurrentBackward')))('%s build', (build) => {
  test.each(gradients)('$label: NaN in a step reaches its gradients and those of no other sequence', (entry) => {
    fc.assert(
      fc.property(places, ([{ b, t, i, reverse, seed }, H]) => {
        const { dx = [], dw = [] } = runKernel(entry, build, { ...size, H, reverse }, seed, {
          operand: 0,
          index: (b * size.T + t) * size.I + i,
          value: Number.NaN,
        });
        const columns = dw.length / size.I;
        expect(Array.from(dw.slice(i * columns, (i + 1) * columns), Number.isNaN)).not.toContain(false);
        for (const [at, value] of dx.entries()) {
          const sequence = Math.floor(at / (size.T * size.I));
          const step = Math.floor(at / size.I) % size.T;
          if (sequence !== b) expect(Number.isFinite(value)).toBe(true);
          else if (step === t) expect(value).toBeNaN();
        }
      }),
      { numRuns: 20 },
    );
  });

  // The padding of a panel is infinity times zero then; relu alone lets an infinite value out.
  test.each(gradients.filter(({ label }) => !label?.startsWith('rnnRelu')))(
    '$label: where gates saturate the gradients of x are finite',
    (entry) => {
      fc.assert(
        fc.property(
          places,
          fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
          ([{ b, t, i, reverse, seed }, H], value) => {
            const { dx = [] } = runKernel(entry, build, { ...size, H, reverse }, seed, {
              operand: 0,
              index: (b * size.T + t) * size.I + i,
              value,
            });
            expect(Array.from(dx, Number.isFinite)).not.toContain(false);
          },
        ),
        { numRuns: 20 },
      );
    },
  );
});

test.each(gradients)('$label: the builds with fused multiply-add agree on NaN and on every other bit', (entry) => {
  const poisoned = fc.constantFrom(3, 8, 16).chain((H) => {
    const drawn = { ...size, H, reverse: false };
    return fc.tuple(fc.constant(drawn), poisonOf(entry, drawn), fc.nat(100));
  });
  fc.assert(
    fc.property(poisoned, ([drawn, poison, seed]) => {
      expect(runKernel(entry, 'revectorized', drawn, seed, poison)).toEqual(runKernel(entry, 'relaxed', drawn, seed, poison));
    }),
    { numRuns: 40 },
  );
});
