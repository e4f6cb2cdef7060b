/** What the fused ops refuse. That they compute the right thing is tested in packages/kernels and packages/model. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileWasmModules } from '../node.ts';
import { startWasmBackend } from '../wasm.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const zeros = (...shape: number[]) => tf.zeros(shape);

/** Inputs that are right for B=2, T=3, H=4. */
const right = () => ({ xw: zeros(2, 3, 16), u: zeros(4, 16), h0: zeros(2, 4), c0: zeros(2, 4) });
const lstm = (inputs: Record<string, tf.Tensor | undefined>) => tf.engine().runKernel('UnrollLstm', inputs as tf.NamedTensorMap);

test('right inputs give the output and what the gradient needs', () => {
  const [out, saved] = lstm(right()) as tf.Tensor[];
  expect(out?.shape).toEqual([2 * 3 * 4 + 2 * 2 * 4]);
  expect(saved?.shape).toEqual([2 * 3 * 6 * 4]);
  expect(Array.from(out?.dataSync() ?? [])).toEqual(new Array(40).fill(0));
});

describe('wrong inputs are refused by name before the kernel runs', () => {
  const cases: [string, () => Record<string, tf.Tensor | undefined>, string][] = [
    [
      'a recurrent kernel of other units',
      () => ({ ...right(), u: zeros(5, 20) }),
      'UnrollLstm: expected xw to be float32 [2,3,20], got float32 [2,3,16]',
    ],
    ['a kernel that is not square', () => ({ ...right(), u: zeros(4, 12) }), 'expected u to be float32 [4,16], got float32 [4,12]'],
    ['a state of another batch', () => ({ ...right(), h0: zeros(3, 4) }), 'expected h0 to be float32 [2,4], got float32 [3,4]'],
    ['a missing cell state', () => ({ ...right(), c0: undefined }), "'c0' is missing"],
    ['a mask of floats', () => ({ ...right(), mask: zeros(2, 3) }), 'expected mask to be bool [2,3], got float32 [2,3]'],
    [
      'a mask of another length',
      () => ({ ...right(), mask: tf.cast(zeros(2, 4), 'bool') }),
      'expected mask to be bool [2,3], got bool [2,4]',
    ],
    [
      'ids for values',
      () => ({ ...right(), xw: tf.cast(zeros(2, 3, 16), 'int32') }),
      'expected xw to be float32 [2,3,16], got int32 [2,3,16]',
    ],
    ['dropout of another size', () => ({ ...right(), drop: zeros(4) }), 'expected drop to be float32 [2,4], got float32 [4]'],
    ['a bias of the recurrent product', () => ({ ...right(), bias: zeros(16) }), 'takes no bias of the recurrent product'],
    ['no steps', () => ({ ...right(), xw: zeros(2, 0, 16) }), 'expected at least one sequence, step and unit, got B=2, T=0, H=4'],
  ];
  test.each(cases)('%s', (_, inputs, message) => {
    expect(() => lstm(inputs())).toThrow(message);
  });

  test('more than the kernels can address', () => {
    const huge = { ...right(), xw: { ...zeros(1, 1, 16), shape: [100_000, 1000, 16] } as unknown as tf.Tensor };
    expect(() => lstm(huge)).toThrow(/keeps \d+ bytes for the gradient, over 1073741824; use smaller shards or shorter windows/);
  });

  test('a gradient of another length', () => {
    const [, saved] = lstm(right()) as [tf.Tensor, tf.Tensor];
    const { u, c0 } = right();
    const grad = (dOut: tf.Tensor) => tf.engine().runKernel('UnrollLstmGrad', { u, c0, saved, dOut }, { B: 2, T: 3 });
    expect(() => grad(zeros(39))).toThrow('UnrollLstm: expected dOut to be float32 [40], got float32 [39]');
  });
});
