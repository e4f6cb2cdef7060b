import * as tf from '@tensorflow/tfjs-core';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import fc from 'fast-check';
import * as v from 'valibot';
import { beforeAll, expect, test } from 'vitest';
import { byRows } from './batch-scoring.ts';
import { gatheredMetrics } from './gathered-metrics.ts';
import { regress } from './regress.ts';
import { trainingLossesOf } from './training-loss.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const targets = [
  { name: 'price', mean: 100, scale: 10 },
  { name: 'rooms', mean: 3, scale: 2 },
];
const vector = (features: number) => ({ kind: 'vector', features }) as const;
const task = byRows(regress({ type: 'regress', targets }, vector(2)));

test('answers are in the units of the data', () => {
  const answer = task.decode(Float32Array.of(0.5, -1));
  expect(answer).toEqual({ values: { price: 105, rooms: 1 } });
  expect(v.parse(task.predictionSchema, answer)).toEqual(answer);
});

test('MAE and RMSE are in the units of the data, and R² is that of plain formulas', () => {
  const number = fc.double({ min: -3, max: 3, noNaN: true });
  const rows = fc.array(fc.tuple(number, number, number, number), { minLength: 3, maxLength: 20 });
  fc.assert(
    fc.property(rows, (given) => {
      const truth = given.map(([a, b]) => [a, b]);
      const spread = Math.max(...truth.map(([a = 0]) => a)) - Math.min(...truth.map(([a = 0]) => a));
      fc.pre(spread > 0.5);
      const means = tf.tidy(() => {
        const scores = task.rowScores(tf.tensor2d(given.map(([, , a, b]) => [a, b])), tf.tensor2d(truth));
        return Object.fromEntries(Object.entries(scores).map(([name, values]) => [name, tf.mean(values).dataSync()[0] as number]));
      });
      const metrics = task.metrics(0, means);
      const errors = given.map(([a, , x]) => a - x);
      const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
      const middle = mean(given.map(([a]) => a));
      const squares = mean(errors.map((error) => error ** 2));
      expect(metrics['MAE price']).toBeCloseTo(10 * mean(errors.map(Math.abs)), 3);
      expect(metrics['RMSE price']).toBeCloseTo(10 * Math.sqrt(squares), 3);
      const r2 = 1 - squares / mean(given.map(([a]) => (a - middle) ** 2));
      expect(Math.abs((metrics['R² price'] as number) - r2)).toBeLessThan(1e-3 * Math.max(1, Math.abs(r2)));
      expect(Object.keys(metrics)).toEqual(Object.keys(task.metricInfo));
    }),
    { numRuns: 30 },
  );
});

test('NaN outputs give NaN metrics', () => {
  const scores = task.rowScores(tf.tensor2d([[Number.NaN, 0]]), tf.tensor2d([[0, 0]]));
  expect(scores['MAE price']?.dataSync()[0]).toBeNaN();
  expect(scores['MAE rooms']?.dataSync()[0]).toBe(0);
});

test('a sequence is predicted step by step', () => {
  const steps = regress({ type: 'regress', targets }, { kind: 'sequence', features: 2 });
  expect([steps.targets, steps.answers, task.targets, task.answers]).toEqual(['step', 'steps', 'sample', 'last']);
});

test('units, losses and options that do not fit are refused', () => {
  expect(() => regress({ type: 'regress', targets }, vector(3))).toThrow(
    "task 'regress': expected the last layer to give 2 units, for price, rooms, got 3 units",
  );
  expect(() => task.trainingLoss({ labelSmoothing: 0.1 })).toThrow("task 'regress' has no classes");
  expect(() => trainingLossesOf(task, { type: 'focal', gamma: 2 }, {})).toThrow('is for classes');
  const losses = trainingLossesOf(task, { type: 'meanAbsoluteError' }, {});
  const batch = { outputs: tf.tensor2d([[1, 2]]), targets: { values: tf.tensor2d([[0, 0]]) }, params: {} };
  expect(losses(batch).dataSync()[0]).toBe(1.5);
  expect(() => gatheredMetrics(task, ['auc'])).toThrow("which task 'regress' does not have");
});
