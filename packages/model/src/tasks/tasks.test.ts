import * as tf from '@tensorflow/tfjs-core';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { classify } from './classify.ts';
import { forecast, forecastSpec } from './forecast.ts';
import { generate } from './generate.ts';
import { tag } from './tag.ts';

await startWasmBackend(compileWasmModules());

const sequence = (features: number) => ({ kind: 'sequence', features }) as const;
const vector = (features: number) => ({ kind: 'vector', features }) as const;

describe('tag', () => {
  const task = tag({ type: 'tag', labels: ['a', 'b'] }, sequence(2));
  test('scores and reads steps', () => {
    const { accuracy } = task.rowScores(
      tf.tensor2d([
        [2, 1],
        [1, 2],
      ]),
      tf.tensor2d([[0], [0]]),
    );
    expect([...(accuracy?.dataSync() ?? [])]).toEqual([1, 0]);
    expect(task.decode(Float32Array.of(0.25, 0.75))).toEqual({ label: 'b', probability: 0.75 });
    expect(task.metrics(1, { accuracy: 0.5 })).toEqual({ accuracy: 0.5 });
  });
  test('needs a sequence with one unit per label', () => {
    expect(() => tag({ type: 'tag', labels: ['a', 'b'] }, vector(2))).toThrow(
      'expected the last layer to give a sequence of 2 units, one for each label, got a vector of 2',
    );
  });
});

describe('generate', () => {
  test('measures in bits', () => {
    const task = generate(sequence(4), true);
    expect(task.metrics(Math.log(4), {})).toEqual({ bitsPerToken: 2, perplexity: 4 });
  });
  test('needs a sequence, read forwards only', () => {
    expect(() => generate(vector(4), true)).toThrow('expected the last layer to give a sequence');
    expect(() => generate(sequence(4), false)).toThrow('reads its input backwards');
  });
});

describe('forecast', () => {
  const column = (name: string, scale: number) => ({ name, mean: 1, scale });
  const spec = v.parse(forecastSpec, {
    ...{ type: 'forecast', horizon: 2, inputs: [column('a', 1)], quantiles: [0.1, 0.5, 0.9] },
    targets: [column('a', 10), column('b', 2)],
  });
  const task = forecast(spec, vector(12));
  // [horizon, target, quantile]
  const outputs = tf.tensor2d([[0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]]);

  test('errors are in the units of their targets, of the first step and of all', () => {
    const scores = task.rowScores(outputs, tf.tensor2d([[1, 3, 2, 1]]));
    const read = Object.fromEntries(Object.entries(scores).map(([name, values]) => [name, values.dataSync()[0]]));
    expect(read).toEqual({ 'MAE a': 5, 'MAE b': 2, 'MAE a +1': 0, 'MAE b +1': 4, 'inside 80 %': 0.75 });
    expect(Object.keys(task.metricInfo).sort()).toEqual(Object.keys(read).sort());
  });

  test('relative targets must be read, and their last values given', () => {
    expect(() => forecast({ ...spec, relative: true }, vector(12))).toThrow("relative targets must be among the inputs, 'b' is not");
    const own = forecast({ ...spec, relative: true, targets: [column('a', 10)] }, vector(6));
    expect(() => own.decode(new Float32Array(6))).toThrow('needs their last values');
  });
});

test('options about classes are refused for tasks without classes', () => {
  const forecaster = forecast(
    v.parse(forecastSpec, { type: 'forecast', horizon: 1, inputs: [], targets: [{ name: 'a', mean: 0, scale: 1 }] }),
    vector(1),
  );
  expect(() => forecaster.trainingLoss({ labelSmoothing: 0.1 })).toThrow(
    "task 'forecast' has no classes, so training.labelSmoothing does not apply; remove it",
  );
  expect(() => generate(sequence(3), true).trainingLoss({ classWeights: [1] })).toThrow(
    "task 'generate' has no classes, so training.classWeights does not apply; remove it",
  );
  const many = classify({ type: 'classify', labels: ['a', 'b'], multiLabel: true }, vector(2));
  expect(() => many.trainingLoss({ classWeights: [1, 2] })).toThrow('does not apply with multiLabel');
});
