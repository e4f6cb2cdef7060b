/** The CRF's loss as fused ops and in plain ops, against pytorch-crf's. packages/kernels compares the kernels with the definition. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '../../../gradients.ts';
import { type CrfInputs, type CrfOptions, type CrfParameters, crfLoss } from '@unroll/ops/crf-op.ts';
import { hasOp } from '@unroll/ops/differentiable.ts';
import goldens from '@unroll/ops/goldens/crf.json' with { type: 'json' };
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileWasmModules } from '../compile.ts';
import { startWasmBackend } from '../start.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

interface Batch {
  L: number;
  emissions: number[];
  labels: number[][];
  mask?: boolean[][];
  transitions: number[][];
  start: number[];
  end: number[];
}

function tensorsOf({ L, emissions, labels, mask, transitions, start, end }: Batch): { inputs: CrfInputs; parameters: CrfParameters } {
  const shape: [number, number] = [labels.length, labels[0]?.length ?? 0];
  return {
    inputs: {
      emissions: tf.tensor3d(emissions, [...shape, L]),
      labels: tf.tensor2d(labels.flat(), shape, 'int32'),
      ...(mask && { mask: tf.tensor2d(mask.flat(), shape, 'bool') }),
    },
    parameters: { transitions: tf.tensor2d(transitions.flat(), [L, L]), start: tf.tensor1d(start), end: tf.tensor1d(end) },
  };
}

/** Losses, which rows are impossible, and the gradients of Σ (row + 1)·loss by emissions, transitions, start and end. */
function lossAndGradients(batch: Batch, options: CrfOptions = {}) {
  return tf.tidy(() => {
    const { inputs, parameters } = tensorsOf(batch);
    const { losses, impossible } = crfLoss(inputs, parameters, options);
    const weights = tf.tensor1d(batch.labels.map((_, b) => b + 1));
    const gradients = tf.grads((...args: tf.Tensor[]) => {
      const [emissions, transitions, start, end] = args as [tf.Tensor3D, tf.Tensor2D, tf.Tensor1D, tf.Tensor1D];
      return tf.sum(
        tf.mul(weights, crfLoss({ ...inputs, emissions }, { transitions, start, end }, { ...options, zeroInfinity: true }).losses),
      );
    })([inputs.emissions, parameters.transitions, parameters.start, parameters.end]);
    return {
      losses: Array.from(losses.dataSync()),
      impossible: Array.from(impossible.dataSync(), Boolean),
      gradients: gradients.map((gradient) => Array.from(gradient.dataSync())),
    };
  });
}

function worst(actual: readonly number[], expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return actual.reduce((most, value, i) => Math.max(most, value === expected[i] ? 0 : Math.abs(value - (expected[i] as number))), 0);
}

function batchOf({ lengths, masked, ...golden }: (typeof goldens)[number]): Batch {
  const T = Math.max(...lengths);
  const rows = <T>(values: readonly T[]) => lengths.map((_, b) => values.slice(b * T, (b + 1) * T));
  const mask = lengths.map((length) => Array.from({ length: T }, (_, t) => t < length));
  return { ...golden, L: golden.start.length, labels: rows(golden.labels), ...(masked && { mask }) };
}

/** B and I of one kind, and O: I follows B or I alone. */
const bio = {
  transitions: [true, true, true, true, true, true, true, false, true],
  start: [true, false, true],
  end: [true, true, true],
};
const small = (labels: number[][], more: Partial<Batch> = {}): Batch => ({
  L: 3,
  labels,
  emissions: labels.flat().flatMap((_, i) => [Math.sin(i), Math.cos(3 * i), Math.sin(5 * i)]),
  transitions: [
    [0.1, 0.5, -0.3],
    [-0.2, 0.3, 0.2],
    [0.4, 0.9, 0.1],
  ],
  start: [0.2, -0.1, 0.3],
  end: [-0.4, 0.2, 0.1],
  ...more,
});

describe.each(['wasm', 'cpu'])('on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    expect(hasOp('UnrollCrf')).toBe(backend === 'wasm');
  });

  test.each(goldens)('losses and gradients are those of pytorch-crf: $name', (golden) => {
    const { losses, gradients } = lossAndGradients(batchOf(golden));
    expect(worst(losses, golden.losses)).toBeLessThan(5e-5);
    const expected = [golden.dEmissions, golden.dTransitions, golden.dStart, golden.dEnd];
    for (const [i, gradient] of gradients.entries()) expect(worst(gradient, expected[i] as number[])).toBeLessThan(1e-5);
  });

  test('labels that break the constraints are reported by row and have no gradient', () => {
    const batch = small([
      [0, 1, 2],
      [2, 1, 1],
      [1, 1, 2],
      [2, 2, 0],
    ]);
    const own = lossAndGradients(batch, { allowed: bio });
    expect(own.impossible).toEqual([false, true, true, false]);
    expect(own.losses.map(Number.isFinite)).toEqual([true, false, false, true]);
    const [ofEmissions = [], transitions = [], start = []] = own.gradients;
    expect(ofEmissions.slice(9, 27)).toEqual(new Array(18).fill(0));
    expect(Math.abs(ofEmissions[0] as number)).toBeGreaterThan(0.01);
    expect([transitions[7], start[1]]).toEqual([0, 0]);
    const zeroed = lossAndGradients(batch, { allowed: bio, zeroInfinity: true });
    expect(zeroed.losses).toEqual(own.losses.map((loss) => (Number.isFinite(loss) ? loss : 0)));
  });

  test('padded steps anywhere are as if they were not there', () => {
    const mask = [[true, false, true, true, false]];
    const batch = small([[0, 99, 1, 2, -7]], { mask });
    batch.emissions.splice(3, 3, Number.NaN, Number.NaN, Number.NaN);
    const without = small([[0, 1, 2]], { emissions: batch.emissions.filter((_, i) => mask[0]?.[Math.floor(i / 3)]) });
    const [padded, plain] = [lossAndGradients(batch), lossAndGradients(without)];
    expect(worst(padded.losses, plain.losses)).toBeLessThan(1e-6);
    const ofReal = (padded.gradients[0] ?? []).filter((_, i) => mask[0]?.[Math.floor(i / 3)]);
    for (const [i, gradient] of [ofReal, ...padded.gradients.slice(1)].entries()) {
      expect(worst(gradient, plain.gradients[i] as number[])).toBeLessThan(1e-6);
    }
    expect(padded.gradients[0]?.slice(3, 6)).toEqual([0, 0, 0]);
  });

  test('a row without a real step, and a batch without one, have a loss of 0', () => {
    const half = lossAndGradients(small([[0, 1], [1, 2]], { mask: [[false, false], [true, true]] })); // biome-ignore format: two rows
    expect(half.losses[0]).toBe(0);
    expect(half.losses[1]).toBeGreaterThan(0);
    const none = lossAndGradients(small([[0, 1]], { mask: [[false, false]] }));
    expect(none.losses).toEqual([0]);
    expect(new Set(none.gradients.flat())).toEqual(new Set([0]));
    expect(lossAndGradients(small([[], []], { emissions: [] })).losses).toEqual([0, 0]);
  });

  test('NaN stays in its row', () => {
    const batch = small([
      [0, 1],
      [1, 2],
    ]);
    batch.emissions[4] = Number.NaN;
    const { losses, impossible, gradients } = lossAndGradients(batch);
    expect(losses.map(Number.isNaN)).toEqual([true, false]);
    expect(impossible).toEqual([false, false]);
    expect(gradients[0]?.map(Number.isNaN)).toEqual([...new Array(6).fill(true), ...new Array(6).fill(false)]);
  });

  test('shapes and labels are refused by name', () => {
    expect(() => lossAndGradients(small([[0, 1, 3]]))).toThrow('expected labels from 0 to 2, got 3 (step 2 of row 0)');
    expect(() => lossAndGradients(small([[0, 1]]), { allowed: { ...bio, start: [true] } })).toThrow('expected 3 flags of allowed labels');
    const { inputs, parameters } = tensorsOf(small([[0, 1]]));
    expect(() => crfLoss(inputs, { ...parameters, end: tf.zeros([4]) })).toThrow('got [1,2], [3,3], [3], [4]');
  });

  test('leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    lossAndGradients(small([[0, 1, 2]]));
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('fused and plain ops agree at random sizes, masks and constraints', async () => {
  const row = fc.record({
    labels: fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }),
    mask: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  });
  const flags = (length: number) => fc.array(fc.boolean(), { minLength: length, maxLength: length });
  const allowed = fc.option(fc.record({ transitions: flags(9), start: flags(3), end: flags(3) }), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 4 }), allowed, async (rows, constraints) => {
      const batch = small(
        rows.map(({ labels }) => labels),
        { mask: rows.map(({ mask }) => mask) },
      );
      const results = [];
      for (const backend of ['cpu', 'wasm']) {
        await tf.setBackend(backend);
        results.push(lossAndGradients(batch, constraints ? { allowed: constraints } : {}));
      }
      const [slow, fused] = results as [(typeof results)[number], (typeof results)[number]];
      expect(fused.impossible).toEqual(slow.impossible);
      expect(worst(fused.losses, slow.losses)).toBeLessThan(1e-5);
      for (const [i, gradient] of fused.gradients.entries()) expect(worst(gradient, slow.gradients[i] as number[])).toBeLessThan(1e-5);
    }),
    { numRuns: 15 },
  );
});
