/** The CRF kernels' twin against its definition, and the kernels against their twin at random sizes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { moduleOf, runBoth, runKernel, worstExcess } from '../testing/run-entry.ts';
import { crfEntries } from './entries/crf.ts';
import { instantiateKernels } from './instantiate.ts';
import { kernelModes } from './modes.ts';
import { crfLoss, crfScore } from './reference/crf.ts';

const score = fc.oneof({ weight: 9, arbitrary: fc.double({ min: -5, max: 5, noNaN: true }) }, fc.constant(Number.NEGATIVE_INFINITY));
const scores = (length: number) => fc.array(score, { minLength: length, maxLength: length });
const finite = (length: number) => fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: length, maxLength: length });

/** Few enough label sequences to count them. */
const tiny = fc.record({ T: fc.integer({ min: 1, max: 4 }), L: fc.integer({ min: 1, max: 3 }) }).chain(({ T, L }) =>
  fc.record({
    L: fc.constant(L),
    emissions: finite(T * L),
    transitions: scores(L * L),
    start: scores(L),
    end: scores(L),
    labels: fc.array(fc.nat(L - 1), { minLength: T, maxLength: T }),
  }),
);

test('the twin normalizes over every label sequence', () => {
  fc.assert(
    fc.property(tiny, ({ emissions, labels, ...parameters }) => {
      const { L } = parameters;
      const T = labels.length;
      const sequences = Array.from({ length: L ** T }, (_, i) => Array.from({ length: T }, (_, t) => Math.floor(i / L ** t) % L));
      const total = sequences.reduce((sum, sequence) => sum + Math.exp(crfScore(parameters, emissions, sequence)), 0);
      const share = Math.exp(crfScore(parameters, emissions, labels)) / total;
      const loss = crfLoss(parameters, emissions, labels);
      if (share > 0) expect(Math.abs(loss + Math.log(share))).toBeLessThan(1e-9);
      else expect(loss).toBe(Number.POSITIVE_INFINITY);
    }),
    { numRuns: 300 },
  );
});

const size = fc.record({
  B: fc.integer({ min: 1, max: 5 }),
  T: fc.integer({ min: 1, max: 6 }),
  L: fc.integer({ min: 1, max: 20 }),
  mask: fc.constantFrom('none' as const, 'any' as const, 'right' as const),
  scale: fc.constantFrom(1, 40, 200),
});

test('the kernels agree with their twin at random sizes, masks and scales, and stay within their buffers', () => {
  fc.assert(
    fc.property(size, fc.constantFrom(...crfEntries), fc.constantFrom(...kernelModes), fc.nat(1000), (drawn, entry, mode, seed) => {
      // The gradient's twin calls the loss twice for each number.
      const small = entry.name === 'crfBackward' ? { ...drawn, L: 1 + (drawn.L % 6) } : drawn;
      const { outputs, damaged, untouched } = runBoth(entry, mode, small, seed);
      expect(damaged).toEqual([]);
      expect(untouched).toBe(true);
      for (const output of outputs) expect(worstExcess(output, entry.bound(small)), output.name).toBeLessThanOrEqual(1);
    }),
    { numRuns: 60 },
  );
});

test.each(crfEntries)('$name: the builds with fused multiply-add agree to the bit', (entry) => {
  for (const drawn of entry.sizes) {
    expect(runKernel(entry, 'revectorized', drawn, 3)).toEqual(runKernel(entry, 'relaxed', drawn, 3));
  }
});

test.each(kernelModes)('%s: a path that float32 loses in one step and needs in the next is kept', (mode) => {
  // Label 0 wins the first step by 300; from it nothing leads to label 1, which wins the second step by 700.
  const { loss, gradient } = runTwoLabels(mode, {
    emissions: [300, 0, 0, 700],
    transitions: [0, Number.NEGATIVE_INFINITY, 0, 0],
    labels: [1, 1],
  });
  // Paths: 0 0 scores 300, 1 0 scores 0, 1 1 scores 700.
  expect(loss).toBeCloseTo(Math.log1p(Math.exp(300 - 700)), 6);
  for (const value of gradient) expect(Math.abs(value)).toBeLessThan(1e-6);
  const other = runTwoLabels(mode, { emissions: [300, 0, 0, 300], transitions: [0, Number.NEGATIVE_INFINITY, 0, 0], labels: [1, 1] });
  // Two paths of 300: each gets a half.
  expect(other.loss).toBeCloseTo(Math.log(2), 5);
  const expected = [0.5, -0.5, 0.5, -0.5, 0.5, 0, 0, -0.5];
  for (const [i, value] of other.gradient.entries()) expect(value, `${i}`).toBeCloseTo(expected[i] as number, 5);
});

/** One sequence of two steps; the gradient by the emissions, then by the transitions. */
function runTwoLabels(mode: (typeof kernelModes)[number], given: { emissions: number[]; transitions: number[]; labels: number[] }) {
  const memory = new WebAssembly.Memory({ initial: 4 });
  const kernels = instantiateKernels(moduleOf(mode), memory, 64);
  const [emissions, transitions, zeros, labels, losses, dEmissions, dTransitions, dStart, dEnd, dLosses] = Array.from(
    { length: 10 },
    (_, i) => 1024 + 64 * i,
  ) as [number, number, number, number, number, number, number, number, number, number];
  new Float32Array(memory.buffer, emissions, 4).set(given.emissions);
  new Float32Array(memory.buffer, transitions, 4).set(given.transitions);
  new Int32Array(memory.buffer, labels, 2).set(given.labels);
  new Float32Array(memory.buffer, dLosses, 1).set([1]);
  const shared = { B: 1, T: 2, L: 2, labels, transitions, start: zeros, end: zeros, losses, saved: 4096, workspace: 16_384 };
  expect(kernels.crfForward({ ...shared, emissions })).toBe(-1);
  kernels.crfBackward({ ...shared, dLosses, dEmissions, dTransitions, dStart, dEnd });
  const read = (at: number, n: number) => Array.from(new Float32Array(memory.buffer, at, n));
  return { loss: read(losses, 1)[0] as number, gradient: [...read(dEmissions, 4), ...read(dTransitions, 4)] };
}

test('a label out of range is reported; a padded one is not read', () => {
  const memory = new WebAssembly.Memory({ initial: 4 });
  const kernels = instantiateKernels(moduleOf('relaxed'), memory, 64);
  new Int32Array(memory.buffer, 2048, 4).set([0, 1, 1, 2]);
  const args = {
    B: 2,
    T: 2,
    L: 2,
    emissions: 1024,
    labels: 2048,
    transitions: 1024,
    start: 1024,
    end: 1024,
    losses: 2112,
    saved: 4096,
    workspace: 16_384,
  };
  expect(kernels.crfForward(args)).toBe(3);
  new Uint8Array(memory.buffer, 2176, 4).set([1, 1, 1, 0]);
  expect(kernels.crfForward({ ...args, mask: 2176 })).toBe(-1);
});
