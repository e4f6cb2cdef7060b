/** The inputs that the int8 ops refuse. packages/kernels and packages/model test the results. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { compileWasmModules } from '../compile.ts';
import { startWasmBackend } from '../start.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const words = (length: number) => tf.zeros([length], 'int32');
const run = (op: string, inputs: Record<string, tf.Tensor>, attrs: tf.NamedAttrMap) =>
  tf.engine().runKernel(op, inputs, attrs) as tf.Tensor;
const packed = () => run('UnrollPackInt8', { values: words(5), scales: tf.ones([4]) }, { K: 5, gates: 1, units: 4, bits: 14 });

test('a packed matrix multiplies rows, none included', () => {
  expect(Array.from(run('UnrollMatMulInt8', { a: tf.ones([2, 5]), b: packed(), bias: tf.ones([4]) }, { units: 4 }).dataSync())).toEqual(
    new Array(8).fill(1),
  );
  expect(run('UnrollMatMulInt8', { a: tf.zeros([0, 5]), b: packed() }, { units: 4 }).shape).toEqual([0, 4]);
});

test('wrong sizes, types and bits are refused by name', () => {
  const pack = (values: tf.Tensor, scales: tf.Tensor, bits: number) => () =>
    run('UnrollPackInt8', { values, scales }, { K: 5, gates: 1, units: 4, bits });
  expect(pack(words(4), tf.ones([4]), 14)).toThrow('int8: expected values to be int32 [5], got int32 [4]');
  expect(pack(words(5), tf.ones([3]), 14)).toThrow('int8: expected scales to be float32 [4], got float32 [3]');
  expect(pack(words(5), tf.ones([4]), 8)).toThrow('int8: activations have 14 or 7 bits, not 8');
  expect(() => run('UnrollMatMulInt8', { a: tf.ones([2, 50]), b: packed() }, { units: 4 })).toThrow(
    /expected b to be int32 \[\d+\], got int32 \[\d+\]/,
  );
  expect(() => run('UnrollMatMulInt8', { a: tf.ones([2, 5]), b: packed(), bias: tf.ones([5]) }, { units: 4 })).toThrow(
    'expected bias to be float32 [4]',
  );
});

test('a row outside the table is refused by name and leaves nothing behind', () => {
  const table = words(8 + 4);
  const indices = tf.tensor1d([0, 4], 'int32');
  const before = tf.memory().numDataBuffers;
  expect(() => run('UnrollGatherInt8', { table, indices }, { rows: 4, columns: 8 })).toThrow(
    'index 4 (number 1 of 2) is outside the 4 rows',
  );
  expect(tf.memory().numDataBuffers).toBe(before);
  expect(() => run('UnrollGatherInt8', { table, indices }, { rows: 5, columns: 8 })).toThrow(
    'expected table to be int32 [15], got int32 [12]',
  );
});
