/** Numbers that are not finite: they are never an answer or a hit, and the error names their place. */
import * as tf from '@tensorflow/tfjs-core';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { createModel } from '../model.ts';
import { InputError } from '../readers/input-error.ts';
import { type ModelSpecInput, parseModelSpec } from '../spec.ts';
import { classify } from '../tasks/classify.ts';
import { forecast, forecastSpec } from '../tasks/forecast.ts';
import { tag } from '../tasks/tag.ts';
import { createGenerator } from './generator.ts';
import { createPredictor } from './predictor.ts';
import { createRunner } from './runner.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const column = { name: 'load', mean: 0, scale: 1 };
const tokenizer = new Tokenizer();
tokenizer.fitOnTexts(['a b']);

/** A model that gives the bias of its last layer for every input. */
function constant(input: object, { layers = [], ...spec }: { layers?: object[]; task: object }, bias: readonly number[]) {
  const parsed = parseModelSpec({
    input: { maxLength: 9, ...input },
    layers: [...layers, { type: 'dense', name: 'last', units: bias.length, kernelInitializer: 'zeros' }],
    ...spec,
  } as ModelSpecInput);
  const model = createModel(parsed);
  const init: Record<string, Float32Array> = { ...model.init(1), 'last/bias': Float32Array.from(bias) };
  const weights = Object.fromEntries(
    model.weights.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape, values: init[name] as Float32Array }]),
  );
  const tokens = parsed.input?.type === 'tokens' && { tokenizer: { ...tokenizer.toJSON() } };
  return { name: 'broken', spec: parsed, weights, ...tokens };
}

const features = { type: 'features', features: 1 };
const last = [{ type: 'gru', units: 2 }];
const every = [{ type: 'gru', units: 2, returnSequences: true }];
const labels = ['x', 'y', 'z'];
const rows = [[1], [2]];

describe('an output that is not finite is not an answer', () => {
  const cases: [string, object, object[], number, unknown][] = [
    ['classify by softmax', { type: 'classify', labels }, last, 3, rows],
    ['classify by one unit', { type: 'classify', labels: ['x', 'y'] }, last, 1, rows],
    ['classify with several labels', { type: 'classify', labels, multiLabel: true }, last, 3, rows],
    ['tag', { type: 'tag', labels }, every, 3, rows],
    ['forecast', { type: 'forecast', horizon: 2, inputs: [column], targets: [column] }, last, 2, { load: [1, 2] }],
  ];
  test.each(cases)('%s', (_, task, layers, units, input) => {
    const of = (bias: number) => createPredictor(constant(features, { layers, task }, new Array(units).fill(bias)));
    expect(of(0.5).predict([input]).predictions).toHaveLength(1);
    const broken = of(Number.NaN);
    const message = new RegExp(
      `^the input, step [12]: model 'broken' gives NaN as output 1 of ${units}, which is not an answer\\. Its numbers`,
    );
    expect(() => broken.predict([input])).toThrow(message);
    expect(() => broken.predict([input])).toThrow(InputError);
    expect(() => broken.predict([input, input])).toThrow(/^input 0, step [12]: /);
  });

  test('generate', () => {
    const embedding = { type: 'embedding', inputDim: tokenizer.vocabularySize, outputDim: 2 };
    const of = (bias: number) =>
      constant({ type: 'tokens' }, { layers: [embedding, ...every], task: { type: 'generate' } }, new Array(3).fill(bias));
    expect([...createGenerator(of(0)).generate({ prompt: 'a', length: 2 })]).toHaveLength(2);
    const write = () => [...createGenerator(of(Number.NaN)).generate({ prompt: 'a', length: 2 })];
    expect(write).toThrow("model 'broken' gives NaN as output 1 of 3");
    expect(() => createPredictor(of(Number.NaN)).predict(['a'])).toThrow("model 'broken' gives NaN");
  });
});

test('an input that float32 cannot hold is named by its step and number', () => {
  const two = constant({ type: 'features', features: 2 }, { layers: last, task: { type: 'classify', labels } }, [0, 1, 2]);
  const { run } = createRunner(two);
  const sample = (values: readonly number[] | Float32Array) => ({ values, steps: values.length / 2 });
  expect(() => run([sample([1, 2, 3, 1e39])])).toThrow('the input: number 2 of step 2 is 1e+39 in float32, which the model reads');
  expect(() => run([sample([1, 2]), sample(Float32Array.of(Number.NaN, 0))])).toThrow('input 1: number 1 of step 1 is NaN');
  expect(run([sample([3e38, -3e38])]).at(0, 0)).toHaveLength(3);
  expect(v.is(createPredictor(two).reader.schema, [[1, 1e39]])).toBe(false);
});

describe('rows that are not finite are never right', () => {
  const vector = (features: number) => ({ kind: 'vector', features }) as const;
  const bad = [Number.NaN, Number.POSITIVE_INFINITY];
  const scores = (values: tf.Tensor1D | undefined) => [...(values?.dataSync() ?? [])];

  test('classes', () => {
    const several = classify({ type: 'classify', labels, multiLabel: true }, vector(3));
    const one = classify({ type: 'classify', labels: ['x', 'y'], multiLabel: false }, vector(1));
    const many = classify({ type: 'classify', labels, multiLabel: false }, vector(3));
    const tags = tag({ type: 'tag', labels }, { kind: 'sequence', features: 3 });
    for (const value of bad) {
      for (const target of [0, 1, 2]) {
        for (const task of [many, tags]) {
          const outputs = [new Array(3).fill(value), [value, 0, 0], [0, 0, value]];
          const { accuracy } = task.rowScores(tf.tensor2d(outputs), tf.fill([3, 1], target));
          expect(scores(accuracy)).toEqual([0, 0, 0]);
        }
        const { accuracy } = one.rowScores(tf.tensor2d([[value], [-value]]), tf.fill([2, 1], target > 0 ? 1 : 0));
        expect(scores(accuracy)).toEqual([0, 0]);
      }
      expect(scores(several.rowScores(tf.tensor2d([[value, 1, -1]]), tf.tensor2d([[1, 1, 0]])).accuracy)).toEqual([0]);
    }
    const judged = { correct: false, error: 1 };
    expect(many.judge(new Float32Array(3).fill(Number.NaN), Float32Array.of(0))).toEqual(judged);
    expect(several.judge(new Float32Array(3).fill(Number.NaN), Float32Array.of(0, 0, 0))).toEqual(judged);
    expect(one.judge(Float32Array.of(Number.NaN), Float32Array.of(0))).toEqual(judged);
  });

  test('intervals', () => {
    const spec = v.parse(forecastSpec, { type: 'forecast', horizon: 1, inputs: [], targets: [column], quantiles: [0.1, 0.5, 0.9] });
    const task = forecast(spec, vector(3));
    const outputs = [
      [Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY],
      [Number.NaN, Number.NaN, Number.NaN],
      [-1, 0, 1],
    ];
    expect(scores(task.rowScores(tf.tensor2d(outputs), tf.zeros([3, 1]))['inside 80 %'])).toEqual([0, 0, 1]);
  });
});
