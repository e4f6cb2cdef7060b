/** Losses and their gradients on the WASM backend against plain float64 formulas and their central differences. */
import * as tf from '@tensorflow/tfjs-core';
import '@unroll/backend/gradients.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { beforeAll, expect, test } from 'vitest';
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  huber,
  type Loss,
  meanAbsoluteError,
  meanSquaredError,
  pinball,
  smoothTargets,
  sparseCategoricalCrossentropy,
  weighByClass,
} from './losses.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const logSoftmax = (x: number[], c: number) => (x[c] as number) - Math.log(x.reduce((sum, value) => sum + Math.exp(value), 0));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const binary = (x: number, y: number) => -y * Math.log(sigmoid(x)) - (1 - y) * Math.log(1 - sigmoid(x));
const levels = [0.25, 0.5, 0.875];
const each = (f: (x: number, y: number) => number) => (x: number[], y: number[]) => mean(x.map((value, i) => f(value, y[i] as number)));

const logits = [
  [0.3, -2.5, 1.7],
  [4, 0.25, -0.75],
];
const real = [
  [0.1, 0.5, -3],
  [4.5, -1, 0],
];
const zeroOne = [
  [1, 0, 1],
  [0, 1, 0.25],
];
const distributions = [
  [0.2, 0.3, 0.5],
  [0, 1, 0],
];

type Formula = (x: number[], y: number[]) => number;
const cases: [string, Loss, number[][], Formula][] = [
  ['binaryCrossentropy', binaryCrossentropy, zeroOne, each(binary)],
  ['categoricalCrossentropy', categoricalCrossentropy, distributions, (x, y) => -y.reduce((sum, p, c) => sum + p * logSoftmax(x, c), 0)],
  ['sparseCategoricalCrossentropy', sparseCategoricalCrossentropy, [[2], [0]], (x, [c = 0]) => -logSoftmax(x, c)],
  ['meanSquaredError', meanSquaredError, real, each((x, y) => (x - y) ** 2)],
  ['meanAbsoluteError', meanAbsoluteError, real, each((x, y) => Math.abs(x - y))],
  [
    'pinball',
    pinball([0.25, 0.5, 0.875]),
    [[0.5], [0]],
    (x, [y = 0]) => mean(x.map((v, i) => Math.max(levels[i] as number, 0) * (y - v) + Math.max(v - y, 0))),
  ],
  ['smoothed binaryCrossentropy', smoothTargets(binaryCrossentropy, 0.2, true), zeroOne, each((x, y) => binary(x, 0.8 * y + 0.1))],
  [
    'smoothed sparseCategoricalCrossentropy',
    smoothTargets(sparseCategoricalCrossentropy, 0.3, false),
    [[2], [0]],
    (x, [y]) => -x.reduce((sum, _, c) => sum + ((c === y ? 0.7 : 0) + 0.1) * logSoftmax(x, c), 0),
  ],
  [
    'sparseCategoricalCrossentropy by class weights',
    weighByClass(sparseCategoricalCrossentropy, [3, 5, 7]),
    [[2], [0]],
    (x, [y = 0]) => -(3 + 2 * y) * logSoftmax(x, y),
  ],
  ['huber', huber(1), real, each((x, y) => (Math.abs(x - y) <= 1 ? (x - y) ** 2 / 2 : Math.abs(x - y) - 0.5))],
];

test.each(cases)('%s', (_, loss, targets, formula) => {
  const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => tf.sum(loss(x as tf.Tensor2D, tf.tensor2d(targets))))(tf.tensor2d(logits));
  const expected = logits.reduce((sum, x, b) => sum + formula(x, targets[b] as number[]), 0);
  expect(value.dataSync()[0]).toBeCloseTo(expected, 5);

  const step = 1e-5;
  const differences = logits.flatMap((x, b) =>
    x.map((_, i) => {
      const moved = (by: number) => formula(x.with(i, (x[i] as number) + by), targets[b] as number[]);
      return (moved(step) - moved(-step)) / (2 * step);
    }),
  );
  const worst = Math.max(...Array.from(grad.dataSync(), (g, i) => Math.abs(g - (differences[i] as number))));
  expect(worst).toBeLessThan(1e-5);
});
