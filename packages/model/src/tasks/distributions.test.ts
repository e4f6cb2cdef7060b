/** Distributions against SciPy: goldens/generate-distributions.py made the numbers. */
import * as tf from '@tensorflow/tfjs-core';
import '@unroll/backend/gradients.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import golden from '../../goldens/distributions.json' with { type: 'json' };
import { type Distribution, gaussian, negativeBinomial } from './distributions.ts';
import { forecast, forecastSpec } from './forecast.ts';
import { logGamma } from './special-functions.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

/** The raw output whose softplus, plus the least spread, is x. */
const raw = (x: number) => Math.log(Math.expm1(x - 1e-4));
const softplus = (x: number) => Math.log1p(Math.exp(x)) + 1e-4;

test.each(golden.normal)('normal, mean $mean, deviation $deviation', ({ mean, deviation, value, loss, quantiles }) => {
  const outputs = tf.tensor2d([[mean, raw(deviation)]]);
  expect(gaussian.loss(outputs, tf.tensor2d([[value]])).dataSync()[0]).toBeCloseTo(loss, 4);
  const [m = 0, s = 0] = gaussian.activate(outputs).dataSync();
  expect([m, s]).toEqual([expect.closeTo(mean, 5), expect.closeTo(deviation, 5)]);
  for (const [i, quantile] of gaussian.quantiles(mean, deviation, golden.levels, 0).entries()) {
    expect(Math.abs(quantile - (quantiles[i] as number))).toBeLessThan(1e-7 * (1 + Math.abs(quantile)));
  }
});

test.each(golden.counts)(
  'negative binomial, mean $mean, dispersion $dispersion, count $value',
  ({ mean, dispersion, value, loss, quantiles }) => {
    const scale = Math.max(1, mean / 2);
    const counts = negativeBinomial([scale]);
    const outputs = tf.tensor2d([[raw(mean / scale), raw(dispersion)]]);
    const actual = counts.loss(outputs, tf.tensor2d([[value / scale]])).dataSync()[0] as number;
    // Γ of large arguments cancels in float32.
    expect(Math.abs(actual - loss)).toBeLessThan(2e-6 * (value + 1 / dispersion) * Math.log(2 + value + 1 / dispersion) + 1e-4);
    expect(counts.quantiles(mean, dispersion, golden.levels, 0).map((quantile) => Math.round(quantile * scale))).toEqual(quantiles);
  },
);

describe('gradients are central differences', () => {
  const count = (x: readonly number[], y: number) => {
    const [mean, dispersion] = x.map(softplus) as [number, number];
    const r = 1 / dispersion;
    return -(
      logGamma(y + r) -
      logGamma(r) -
      logGamma(y + 1) +
      r * Math.log(r / (r + 3 * mean)) +
      y * Math.log((3 * mean) / (r + 3 * mean))
    );
  };
  const normal = ([mean = 0, s = 0]: readonly number[], y: number) => Math.log(softplus(s)) + 0.5 * ((y - mean) / softplus(s)) ** 2;
  const cases: [string, Distribution, number, (x: readonly number[], y: number) => number, number][] = [
    ['normal', gaussian, 0.7, normal, 0.7],
    ['negative binomial', negativeBinomial([3]), 2, count, 6],
  ];
  test.each(cases)('%s', (_, distribution, target, formula, value) => {
    for (const x of [
      [0.4, -1.2],
      [-1, 0.5],
      [2, 1],
      [1, -6],
    ]) {
      const gradient = tf.grad((given: tf.Tensor) => tf.sum(distribution.loss(given as tf.Tensor2D, tf.tensor2d([[target]]))))(
        tf.tensor2d([x]),
      );
      const differences = x.map((_, i) => {
        const moved = (by: number) => formula(x.with(i, (x[i] as number) + by), value);
        return (moved(1e-5) - moved(-1e-5)) / 2e-5;
      });
      for (const [i, value] of gradient.dataSync().entries())
        expect(Math.abs(value - (differences[i] as number))).toBeLessThan(2e-5 * Math.max(1, Math.abs(value)));
    }
  });
});

describe('a forecast of a distribution', () => {
  const spec = (more: object) =>
    v.parse(forecastSpec, {
      type: 'forecast',
      horizon: 2,
      inputs: [{ name: 'a', mean: 0, scale: 1 }],
      targets: [{ name: 'a', mean: 10, scale: 2 }],
      quantiles: [0.1, 0.5, 0.9],
      ...more,
    });
  const vector = (features: number) => ({ kind: 'vector', features }) as const;

  test('answers by its quantiles, in the units of the data, and scores them', () => {
    const task = forecast(spec({ distribution: 'gaussian' }), vector(4));
    const outputs = tf.tensor2d([[0, raw(1), 1, raw(0.5)]]);
    const { forecast: answer } = task.decode(task.activate(outputs).dataSync() as Float32Array);
    const z = 1.2815515655446004;
    for (const [h, [low, middle, high]] of [
      [10 - 2 * z, 10, 10 + 2 * z],
      [12 - z, 12, 12 + z],
    ].entries()) {
      expect(answer.a?.[h]).toEqual([
        expect.closeTo(low as number, 4),
        expect.closeTo(middle as number, 4),
        expect.closeTo(high as number, 4),
      ]);
    }
    const scores = task.rowScores(outputs, tf.tensor2d([[1, 3]]));
    expect(scores['MAE a']?.dataSync()[0]).toBeCloseTo(3, 4);
    expect(scores['inside 80 %']?.dataSync()[0]).toBe(0.5);
  });

  test('counts stay counts', () => {
    const task = forecast(spec({ distribution: 'negativeBinomial', targets: [{ name: 'a', mean: 0, scale: 4 }] }), vector(4));
    const { forecast: answer } = task.decode(task.activate(tf.tensor2d([[0.5, 0, 1, -2]])).dataSync() as Float32Array);
    for (const value of (answer.a ?? []).flat()) expect(Math.abs(value - Math.round(value))).toBeLessThan(1e-5);
    expect(task.decode(Float32Array.of(Number.NaN, 1, 1, 1)).forecast.a?.[0]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  test('what does not fit is refused', () => {
    expect(() => forecast(spec({ distribution: 'gaussian' }), vector(6))).toThrow(
      'expected the last layer to give 4 units (2 steps x 1 targets x 2 values), got 6',
    );
    expect(() => forecast(spec({ distribution: 'gaussian', quantiles: [] }), vector(4))).toThrow('answers by quantiles; give some');
    expect(() => forecast(spec({ distribution: 'negativeBinomial' }), vector(4))).toThrow("'a' cannot be scaled about a mean of 10; use 0");
    expect(() => forecast(spec({ distribution: 'negativeBinomial', relative: true }), vector(4))).toThrow(
      'a change may be negative; remove relative',
    );
  });
});
