/** The op of a convolution against tfjs's own backend, with its gradients, and the inputs that it refuses. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '../../../gradients.ts';
import { type Conv1dAttrs, type Conv1dInputs, runConv1d } from '@unroll/ops/conv1d-op.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileWasmModules } from '../compile.ts';
import { startWasmBackend } from '../start.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const wave = (shape: number[], phase = 0) =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(i * 1.7 + phase)),
    shape,
  );

const [B, T, C, F, K] = [3, 11, 5, 7, 3];
const plain: Conv1dAttrs = { kernelSize: K, filters: F, strides: 1, dilationRate: 1, groups: 1, before: 0, steps: T - K + 1 };
const cases: [string, Conv1dAttrs, 'valid' | 'same'][] = [
  ['valid', plain, 'valid'],
  ['same', { ...plain, before: 1, steps: T }, 'same'],
  ['strides', { ...plain, strides: 3, steps: 3 }, 'valid'],
  ['same with strides', { ...plain, strides: 2, before: 1, steps: 6 }, 'same'],
];

const inputs = () => [wave([B, T, C]), wave([K * C, F], 1), wave([F], 2)] as const;
const ours =
  (attrs: Conv1dAttrs) =>
  (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor): tf.Tensor =>
    runConv1d({ x, kernel, bias } satisfies Conv1dInputs, {}, attrs);

/** Values and gradients, weighted by fixed numbers. */
function results(convolve: (x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) => tf.Tensor): number[][] {
  const given = [...inputs()];
  const y = convolve(...(given as unknown as Parameters<typeof convolve>));
  const grads = tf.grads((...each) => convolve(...(each as unknown as Parameters<typeof convolve>)))(given, wave(y.shape, 3));
  return [y, ...grads].map((tensor) => Array.from(tensor.dataSync()));
}

describe('UnrollConv1d', () => {
  test.each(cases)('%s: values and gradients', async (_, attrs, pad) => {
    const actual = results(ours(attrs));
    await tf.setBackend('cpu');
    const expected = results((x, kernel, bias) =>
      tf.add(tf.conv1d(x as tf.Tensor3D, tf.reshape(kernel, [K, C, F]) as tf.Tensor3D, attrs.strides, pad), bias),
    );
    await tf.setBackend('wasm');
    for (const [i, values] of expected.entries()) {
      expect(actual[i]?.length).toBe(values.length);
      for (const [j, value] of values.entries()) expect(actual[i]?.[j]).toBeCloseTo(value, 4);
    }
  });

  test('each sequence may have its own zeros before it', () => {
    const [x, kernel, bias] = inputs();
    const attrs = { ...plain, before: 9, steps: T };
    const befores = [0, 2, 1];
    const together = runConv1d({ x, kernel, bias }, { befores: tf.tensor1d(befores, 'int32') }, attrs);
    for (const [b, before] of befores.entries()) {
      const alone = runConv1d({ x: tf.slice(x, [b, 0, 0], [1, T, C]), kernel, bias }, {}, { ...attrs, before });
      expect(tf.slice(together, [b, 0, 0], [1, T, F]).dataSync()).toEqual(alone.dataSync());
    }
  });

  test('no sequence, no step', () => {
    const [, kernel, bias] = inputs();
    expect(runConv1d({ x: tf.zeros([0, T, C]), kernel, bias }, {}, plain).shape).toEqual([0, 9, F]);
    expect(runConv1d({ x: tf.zeros([2, 0, C]), kernel, bias }, {}, { ...plain, steps: 0 }).shape).toEqual([2, 0, F]);
  });

  test('wrong sizes and types are refused by name, and leave nothing behind', () => {
    const [x, kernel, bias] = inputs();
    const before = tf.memory().numDataBuffers;
    const run =
      (given: Partial<Conv1dInputs>, attrs: Partial<Conv1dAttrs> = {}, mask?: tf.Tensor) =>
      () =>
        runConv1d({ x, kernel, bias, ...given }, { mask }, { ...plain, ...attrs } as Conv1dAttrs);
    expect(run({}, { groups: 2 })).toThrow('expected channels and filters that 2 groups divide, got 5 channels and 7 filters');
    expect(run({}, { strides: 2, dilationRate: 2 })).toThrow('strides 2 and dilationRate 2 exclude each other');
    expect(run({}, { kernelSize: 4 })).toThrow('expected kernel to be float32 [20,7], got float32 [15,7]');
    expect(run({}, { steps: 2 ** 28 })).toThrow('bytes at once, over 1073741824; use smaller shards or shorter windows');
    expect(run({}, { dilationRate: 2 ** 28 })).toThrow('dilationRate=268435456 needs');
    const wrongMask = tf.ones([B, T]);
    expect(run({}, {}, wrongMask)).toThrow('expected mask to be bool [3,11], got float32 [3,11]');
    wrongMask.dispose();
    expect(tf.memory().numDataBuffers).toBe(before);
  });
});
