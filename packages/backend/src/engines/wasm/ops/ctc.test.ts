/** The CTC loss as a fused op and in plain ops, against PyTorch's. packages/kernels compares the kernel with the definition. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '../../../gradients.ts';
import { type CtcInputs, type CtcOptions, ctcLoss, framesNeeded } from '@unroll/ops/ctc-op.ts';
import { hasOp } from '@unroll/ops/differentiable.ts';
import goldens from '@unroll/ops/goldens/ctc.json' with { type: 'json' };
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileWasmModules } from '../compile.ts';
import { startWasmBackend } from '../start.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

interface Batch {
  logits: number[];
  labels: number;
  frames: number[];
  targets: number[][];
}

function tensorsOf({ logits, labels, frames, targets }: Batch): CtcInputs {
  const B = frames.length;
  const S = Math.max(0, ...targets.map(({ length }) => length));
  return {
    logits: tf.tensor(logits, [B, logits.length / B / labels, labels]) as tf.Tensor3D,
    frames: tf.tensor1d(frames, 'int32'),
    targets: tf.tensor2d(
      targets.flatMap((target) => Array.from({ length: S }, (_, i) => target[i] ?? 0)),
      [B, S],
      'int32',
    ),
    targetLengths: tf.tensor1d(
      targets.map(({ length }) => length),
      'int32',
    ),
  };
}

/** Losses, which rows are impossible, and the gradient of Σ weight·loss by the logits. */
function lossAndGradient(batch: Batch, options: CtcOptions, weights?: number[]) {
  return tf.tidy(() => {
    const inputs = tensorsOf(batch);
    const { losses, impossible } = ctcLoss(inputs, options);
    const factors = tf.tensor1d(weights ?? batch.frames.map(() => 1));
    const gradient = tf.grad((logits: tf.Tensor) =>
      tf.sum(tf.mul(factors, ctcLoss({ ...inputs, logits: logits as tf.Tensor3D }, { ...options, zeroInfinity: true }).losses)),
    )(inputs.logits);
    return {
      losses: Array.from(losses.dataSync()),
      impossible: Array.from(impossible.dataSync(), Boolean),
      gradient: Array.from(gradient.dataSync()),
    };
  });
}

const worst = (actual: readonly number[], expected: readonly number[]) => {
  expect(actual.length).toBe(expected.length);
  return actual.reduce((most, value, i) => Math.max(most, value === expected[i] ? 0 : Math.abs(value - (expected[i] as number))), 0);
};

describe.each(['wasm', 'cpu'])('on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    expect(hasOp('UnrollCtc')).toBe(backend === 'wasm');
  });

  test.each(goldens)('losses and gradients are those of PyTorch: $name', ({ losses, gradient, blank, ...batch }) => {
    const expected = losses.map((loss) => loss ?? Number.POSITIVE_INFINITY);
    const own = lossAndGradient(batch, { blank });
    expect(own.impossible).toEqual(losses.map((loss) => loss === null));
    expect(own.losses.map(Number.isFinite)).toEqual(expected.map(Number.isFinite));
    expect(worst(own.losses, expected)).toBeLessThan(5e-5);
    expect(worst(own.gradient, gradient)).toBeLessThan(2e-6);
    expect(lossAndGradient(batch, { blank, zeroInfinity: true }).losses).toEqual(
      own.losses.map((loss, b) => (own.impossible[b] ? 0 : loss)),
    );
  });

  test('a row without frames spells the empty target alone', () => {
    const batch = { logits: new Array(12).fill(0.5), labels: 3, frames: [0, 0], targets: [[], [1]] };
    const { losses, impossible, gradient } = lossAndGradient(batch, { blank: 0 });
    expect(losses).toEqual([0, Number.POSITIVE_INFINITY]);
    expect(impossible).toEqual([false, true]);
    expect(gradient).toEqual(new Array(12).fill(0));
    expect(lossAndGradient({ ...batch, logits: [] }, { blank: 0 }).losses).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  test('NaN stays in its row; a logit of -Infinity has probability zero', () => {
    const logits = Array.from({ length: 4 * 3 * 3 }, (_, i) => Math.sin(i));
    logits[4] = Number.NaN;
    logits[9 + 1] = logits[9 + 4] = logits[9 + 7] = Number.NEGATIVE_INFINITY;
    logits[18 + 2] = Number.NEGATIVE_INFINITY;
    const targets = [[1], [1], [1], [1]];
    const { losses, impossible, gradient } = lossAndGradient({ logits, labels: 3, frames: [3, 3, 3, 3], targets }, { blank: 0 });
    expect(losses.map((loss) => `${Number.isFinite(loss) ? 'finite' : loss}`)).toEqual(['NaN', 'Infinity', 'finite', 'finite']);
    expect(impossible).toEqual([false, true, false, false]);
    expect(gradient.slice(0, 9)).toEqual(new Array(9).fill(Number.NaN));
    expect(gradient.slice(9).every(Number.isFinite)).toBe(true);
  });

  test('each row counts by its weight', () => {
    const { blank, ...batch } = goldens[0] as (typeof goldens)[number];
    const size = batch.logits.length / 3;
    const plain = lossAndGradient(batch, { blank }).gradient;
    const { gradient } = lossAndGradient(batch, { blank }, [2, 0, -0.5]);
    const expected = plain.map((value, i) => value * ([2, 0, -0.5][Math.floor(i / size)] as number));
    expect(worst(gradient, expected)).toBeLessThan(1e-6);
  });

  test('a length or label out of range is refused by name', () => {
    const run = (more: Partial<Batch>, blank = 0) =>
      ctcLoss(tensorsOf({ logits: new Array(12).fill(0), labels: 3, frames: [2, 2], targets: [[1], [2]], ...more }), { blank });
    expect(() => run({ frames: [2, 3] })).toThrow('expected 0 to 2 frames in row 1, got 3');
    expect(() => run({ targets: [[1], [1, 0]] })).toThrow('labels from 0 to 2 but not the blank, 0, got 0 (number 1 of row 1)');
    expect(() => run({ targets: [[3], [1]] })).toThrow('got 3 (number 0 of row 0)');
    expect(() => run({}, 3)).toThrow('expected a blank within the 3 labels, got 3');
    const inputs = tensorsOf({ logits: new Array(12).fill(0), labels: 3, frames: [2, 2], targets: [[1], [2]] });
    expect(() => ctcLoss({ ...inputs, frames: tf.tensor1d([2], 'int32') }, { blank: 0 })).toThrow('expected frames [2]');
  });

  test('leaves no tensor behind', () => {
    const { blank, ...batch } = goldens[0] as (typeof goldens)[number];
    const before = tf.memory().numTensors;
    lossAndGradient(batch, { blank });
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('a row is impossible exactly when its target needs more frames than it has, on both', async () => {
  const target = fc.array(fc.integer({ min: 1, max: 2 }), { maxLength: 5 });
  const batches = fc.array(fc.tuple(target, fc.integer({ min: 1, max: 7 })), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(batches, async (rows) => {
      const frames = rows.map(([, count]) => count);
      const size = rows.length * 7 * 3;
      const batch = {
        logits: Array.from({ length: size }, (_, i) => Math.sin(i * 2.3) * 5),
        labels: 3,
        frames,
        targets: rows.map(([t]) => t),
      };
      const results = [];
      for (const backend of ['cpu', 'wasm']) {
        await tf.setBackend(backend);
        results.push(lossAndGradient(batch, { blank: 0 }));
      }
      const [slow, fused] = results as [(typeof results)[number], (typeof results)[number]];
      expect(fused.impossible).toEqual(rows.map(([each, count]) => framesNeeded(each) > count));
      expect(fused.impossible).toEqual(slow.impossible);
      expect(worst(fused.losses, slow.losses)).toBeLessThan(5e-5);
      expect(worst(fused.gradient, slow.gradient)).toBeLessThan(5e-6);
    }),
    { numRuns: 15 },
  );
});
