/** Fills the 4 GB that WebAssembly can address with tensors that are never written, so that they take no physical memory. */
import * as tf from '@tensorflow/tfjs-core';
import '../../gradients.ts';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { beforeAll, expect, test } from 'vitest';
import { compileWasmModules } from './compile.ts';
import { startWasmBackend } from './start.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const GIGABYTE = 2 ** 28;

const unwritten = (shape: number[]) => tf.engine().makeTensorFromTensorInfo((tf.backend() as BackendWasm).makeOutput(shape, 'float32'));

const run = (op: string, inputs: tf.NamedTensorMap, attrs: tf.NamedAttrMap = {}) => void tf.engine().runKernel(op, inputs, attrs);

/** Work on every part of the heap: constants of tfjs's module, small tensors, large ones, our kernels' scratch memory. */
function answers(): number[] {
  return tf.tidy(() => [
    ...tf.matMul(tf.ones([3, 4]), tf.ones([4, 2])).dataSync(),
    ...tf.softmax(tf.zeros([4])).dataSync(),
    ...tf.sum(tf.relu(tf.fill([300_000], 2))).dataSync(),
  ]);
}

test('an op that does not fit fails and names the size; other ops still run, and so does this op once there is room', () => {
  const before = answers();
  const held = [1, 1, 1, 0.7].map((gigabytes) => unwritten([Math.floor(GIGABYTE * gigabytes) - 1024]));
  const table = unwritten([1, 2 ** 20]);
  const lstm = { x: unwritten([64, 16_000, 1]), w: tf.zeros([1, 64]), u: tf.zeros([16, 64]) };
  const attrs = { cell: 'lstm', units: 16, reverse: false, output: 'sequence', training: true };
  const [first] = held as [tf.Tensor];
  const outer = (rows: number) => tf.matMul(unwritten([rows, 1]), unwritten([1, rows]));

  const tooLarge: [string, () => void][] = [
    ['a kernel of tfjs', () => tf.relu(first)],
    ['more than 4 GB, with a size that overflows 32 bits', () => tf.fill([4 * GIGABYTE + 1], 1)],
    ['a product', () => outer(20_000)],
    ['a product of more than 4 GB', () => outer(40_000)],
    ['a sum of rows', () => tf.unsortedSegmentSum(table, tf.tensor1d([0], 'int32'), 400)],
    ['gathered rows', () => tf.gather(table, tf.zeros([400], 'int32'))],
    // Of several outputs some are there already.
    ['a recurrent layer', () => run('UnrollRecurrent', lstm, attrs)],
    ['layer normalization', () => run('UnrollLayerNorm', { x: tf.reshape(first, [-1, 64]) }, { epsilon: 1e-3 })],
    [
      'cross-entropy',
      () => run('UnrollCrossEntropy', { logits: tf.reshape(first, [-1, 64]), labels: tf.zeros([(GIGABYTE - 1024) / 64], 'int32') }),
    ],
  ];
  const data = () => tf.engine().backend.numDataIds();
  const dataBefore = data();
  for (const [what, op] of tooLarge) {
    expect(() => tf.tidy(() => void op()), what).toThrow(
      /^backend: out of memory: needed \d+ more bytes on a heap of \d+, which can grow to 4 GB/,
    );
    expect(data(), what).toBe(dataBefore);
    expect(answers(), what).toEqual(before);
  }

  tf.dispose(held);
  tf.tidy(() => run('UnrollRecurrent', lstm, attrs));
  expect(answers()).toEqual(before);
}, 60_000);
