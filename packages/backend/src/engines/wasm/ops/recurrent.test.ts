/** The inputs that the fused ops refuse. packages/kernels and packages/model test the results. */
import * as tf from '@tensorflow/tfjs-core';
import type { RecurrentAttrs } from '@unroll/ops/recurrent-op.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileWasmModules } from '../compile.ts';
import { startWasmBackend } from '../start.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const zeros = (...shape: number[]) => tf.zeros(shape);

/** Inputs that are right for B=2, T=3, I=5, H=4. */
const right = () => ({ x: zeros(2, 3, 5), w: zeros(5, 16), u: zeros(4, 16), h0: zeros(2, 4), c0: zeros(2, 4) });
const attrs = { cell: 'lstm', units: 4, reverse: false, output: 'sequence', training: true } as const;
const lstm = (inputs: Record<string, tf.Tensor | undefined>, more: Partial<RecurrentAttrs> = {}) =>
  tf.engine().runKernel('UnrollRecurrent', inputs as tf.NamedTensorMap, { ...attrs, ...more }) as unknown as [tf.Tensor, tf.Tensor];

test.each([
  ['sequence', [2, 3, 4]],
  ['last', [2, 4]],
  ['all', [2 * 3 * 4 + 2 * 2 * 4]],
] as const)('right inputs give the output asked for: %s', (output, shape) => {
  const [out, saved] = lstm(right(), { output });
  expect(out.shape).toEqual(shape);
  expect(Array.from(out.dataSync())).toEqual(new Array(tf.util.sizeFromShape([...shape])).fill(0));
  expect(saved.size).toBeGreaterThan(2 * 3 * 6 * 4);
  expect(lstm(right(), { output, training: false })[1].size).toBe(0);
});

describe.each([
  ['no steps', 2, 0],
  ['no sequences', 0, 3],
])('%s', (_, B, T) => {
  test.each(['rnnTanh', 'lstm', 'gruResetAfter', 'gruResetBefore'] as const)(
    '%s ends in the state it began with; its gradients are zero',
    (cell) => {
      const columns = { rnnTanh: 4, lstm: 16, gruResetAfter: 12, gruResetBefore: 12 }[cell];
      const states = { h0: tf.ones([B, 4]), ...(cell === 'lstm' && { c0: tf.ones([B, 4]) }) };
      const { x, w, u } = { x: zeros(B, T, 5), w: tf.ones([5, columns]), u: tf.ones([4, columns]) };
      const all = { cell, output: 'all' } as const;
      const [out, saved] = lstm({ x, w, u, ...states }, all);
      expect(Array.from(out.dataSync())).toEqual(new Array(B * 4 * Object.keys(states).length).fill(1));
      const dOut = tf.ones(out.shape);
      const inputs = { x, w, u, saved, dOut };
      const [dx, dw, du, ...dStates] = tf
        .engine()
        .runKernel('UnrollRecurrentGrad', inputs, { ...attrs, ...all, bias: false }) as unknown as tf.Tensor[];
      expect(dx?.shape).toEqual([B, T, 5]);
      for (const gradient of [dw, du]) expect(new Set(gradient?.dataSync())).toEqual(new Set([0]));
      for (const gradient of dStates) expect(Array.from(gradient.dataSync())).toEqual(new Array(B * 4).fill(1));
    },
  );
});

describe('wrong inputs are refused by name before the kernel runs', () => {
  const cases: [string, () => Record<string, tf.Tensor | undefined>, string][] = [
    [
      'a kernel for other features',
      () => ({ ...right(), w: zeros(6, 16) }),
      'recurrent lstm: expected w to be float32 [5,16], got float32 [6,16]',
    ],
    ['a recurrent kernel of other units', () => ({ ...right(), u: zeros(5, 20) }), 'expected w to be float32 [5,20], got float32 [5,16]'],
    ['a kernel that is not square', () => ({ ...right(), u: zeros(4, 12) }), 'expected u to be float32 [4,16], got float32 [4,12]'],
    ['a state of another batch', () => ({ ...right(), h0: zeros(3, 4) }), 'expected h0 to be float32 [2,4], got float32 [3,4]'],
    ['no weights', () => ({ ...right(), w: undefined }), "'w' is missing"],
    ['a mask of floats', () => ({ ...right(), mask: zeros(2, 3) }), 'expected mask to be bool [2,3], got float32 [2,3]'],
    [
      'a mask of another length',
      () => ({ ...right(), mask: tf.cast(zeros(2, 4), 'bool') }),
      'expected mask to be bool [2,3], got bool [2,4]',
    ],
    ['ids for values', () => ({ ...right(), x: tf.cast(zeros(2, 3, 5), 'int32') }), 'expected x to be float32 [2,3,5], got int32 [2,3,5]'],
    ['dropout of another size', () => ({ ...right(), drop: zeros(4) }), 'expected drop to be float32 [2,4], got float32 [4]'],
    ['a bias of two rows', () => ({ ...right(), bias: zeros(2, 16) }), 'expected bias to be float32 [16], got float32 [2,16]'],
    ['an unknown input', () => ({ ...right(), lengths: zeros(2) }), "has no input 'lengths'"],
    ['no features', () => ({ ...right(), x: zeros(2, 3, 0) }), 'expected at least one feature and one unit, got 0 and 4'],
  ];
  test.each(cases)('%s', (_, inputs, message) => {
    expect(() => lstm(inputs())).toThrow(message);
  });

  test('a cell state, of a cell that has none', () => {
    const { x, u, h0, c0 } = { ...right(), u: zeros(4, 12) };
    expect(() => lstm({ x, w: zeros(5, 12), u, h0, c0 }, { cell: 'gruResetAfter' })).toThrow("recurrent gruResetAfter: has no input 'c0'");
  });

  test('more than the kernels can address', () => {
    const huge = { ...right(), x: { ...zeros(1, 1, 5), shape: [100_000, 1000, 5] } as unknown as tf.Tensor };
    expect(() => lstm(huge)).toThrow(/needs \d+ bytes at once, over 1073741824; use smaller shards or shorter windows/);
  });

  test('a gradient of another length', () => {
    const [, saved] = lstm(right());
    const { x, w, u } = right();
    const grad = (dOut: tf.Tensor) => tf.engine().runKernel('UnrollRecurrentGrad', { x, w, u, saved, dOut }, { ...attrs, bias: false });
    expect(() => grad(zeros(39))).toThrow('recurrent lstm: expected dOut to be float32 [2,3,4], got float32 [39]');
  });
});
