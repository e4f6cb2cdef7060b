import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { createModel } from '../model.ts';
import { seriesFeatures, seriesTargets } from '../readers/series-features.ts';
import { parseModelSpec } from '../spec.ts';
import { type Forecast, forecastSpec } from '../tasks/forecast.ts';
import { createPredictor } from './predictor.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const task = v.parse(forecastSpec, {
  type: 'forecast',
  horizon: 2,
  inputs: [
    { name: 'load', mean: 10, scale: 2 },
    { name: 'price', mean: 0, scale: 1 },
  ],
  known: [{ name: 'hour', mean: 0, scale: 10 }],
  targets: [{ name: 'load', mean: 10, scale: 2 }],
  quantiles: [0.1, 0.5, 0.9],
});
const columns = { load: [10, 12, 14, 16, 18], price: [1, 2, 3, 4, 5], hour: [0, 10, 20, 30, 40, 50, 60] };

describe('what a model reads and forecasts of a series', () => {
  test('are scaled inputs, then the known columns of the steps to come', () => {
    expect([...seriesFeatures(task, columns, { steps: 2 })]).toEqual([0, 1, 1, 2, 1, 2, 2, 3]);
  });

  test('are the targets of the steps to come, or how far they move', () => {
    expect([...seriesTargets(task, columns, 2)]).toEqual([1, 2, 2, 3]);
    expect([...seriesTargets({ ...task, relative: true }, columns, 2)]).toEqual([1, 2, 1, 2]);
  });

  test('a missing, short or broken column is named', () => {
    expect(() => seriesFeatures(task, { load: [1] }, { steps: 1 })).toThrow("column 'price' is missing; none of the 1 given has that name");
    expect(() => seriesFeatures(task, { ...columns, hour: [0, 1] }, { steps: 1 })).toThrow("column 'hour' has 2 values, 3 are needed");
    expect(() => seriesFeatures(task, { ...columns, load: [1, Number.NaN] }, { steps: 2 })).toThrow(
      "column 'load' holds NaN at row 2; expected a number",
    );
  });
});

/** A model that outputs its biases: all other weights are zero. */
function constant(spec: object, biases: readonly number[]) {
  const parsed = parseModelSpec({
    input: { type: 'features', features: 4, maxLength: 3 },
    layers: [
      { type: 'gru', units: 2 },
      { type: 'dense', units: 6, kernelInitializer: 'zeros' },
    ],
    task: spec,
  });
  const model = createModel(parsed);
  const init: Record<string, Float32Array> = { ...model.init(1), 'dense_0/bias': Float32Array.from(biases) };
  const weights = Object.fromEntries(
    model.weights.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape, values: init[name] as Float32Array }]),
  );
  const predictor = createPredictor({ name: 'load', spec: parsed, weights });
  return (columns: object) => predictor.predict([columns]).predictions[0] as Forecast;
}

describe('a forecast', () => {
  const outputs = [0, 1, 2, 5, 4, 3];
  test('is in the units of its target, quantiles in order', () => {
    const { forecast, quantiles } = constant(task, outputs)(columns);
    expect(quantiles).toEqual([0.1, 0.5, 0.9]);
    expect(forecast).toEqual({
      load: [
        [10, 12, 14],
        [16, 18, 20],
      ],
    });
  });

  test('of changes begins at the last value', () => {
    const { forecast } = constant({ ...task, relative: true }, outputs)(columns);
    expect(forecast.load?.[0]).toEqual([18, 20, 22]);
  });

  test('is moved by its calibration', () => {
    const { forecast } = constant({ ...task, calibration: [-1, 0, 1, 0, 0, 0] }, outputs)(columns);
    expect(forecast.load?.[0]).toEqual([8, 12, 16]);
  });

  test('needs at least a step, and calibration of its own size', () => {
    expect(() => constant(task, outputs)({ load: [], price: [], hour: [1, 2] })).toThrow(
      'expected at least one step of load, price, hour, and 2 more of the known ones',
    );
    expect(() => constant({ ...task, calibration: [1] }, outputs)).toThrow('expected 6 numbers of calibration, got 1');
    expect(() => constant({ ...task, horizon: 3 }, outputs)).toThrow(
      'expected the last layer to give 9 units (3 steps x 1 targets x 3 values), got 6',
    );
  });
});

test('quantiles must rise', () => {
  expect(() => v.parse(forecastSpec, { ...task, quantiles: [0.5, 0.1] })).toThrow('quantiles must rise');
});
