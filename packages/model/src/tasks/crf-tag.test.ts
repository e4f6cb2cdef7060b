import * as tf from '@tensorflow/tfjs-core';
import '@unroll/backend/gradients.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { createModel } from '../model.ts';
import { createPredictor } from '../serving/predictor.ts';
import { parseModelSpec } from '../spec.ts';
import { valueAndGradients } from '../training/gradients.ts';
import { type AnyTask, taskOf } from './registry.ts';
import type { Tagging } from './tag.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const labels = ['O', 'B-name', 'I-name'];
const specWith = (task: object) =>
  parseModelSpec({
    input: { type: 'tokens', maxLength: 9 },
    layers: [
      { type: 'embedding', inputDim: 6, outputDim: 4, maskZero: true, embeddingsInitializer: 'standardNormal' },
      { type: 'bidirectional', layer: { type: 'gru', units: 3, returnSequences: true } },
      { type: 'dense', units: 3, kernelInitializer: 'standardNormal' },
    ],
    task: { type: 'tag', labels, crf: true, ...task },
  });
const spec = specWith({ scheme: 'bio' });
const model = createModel(spec);
const task = taskOf(model);
const ids = [
  [1, 2, 3, 4],
  [5, 1, 0, 0],
];

function paramsOf(seed: number) {
  const init = model.init(seed);
  return Object.fromEntries(model.weights.map(({ name, shape }) => [name, tf.tensor(init[name] as Float32Array, shape)]));
}

function lossOf(params: Record<string, tf.Tensor>, targets: number[], counted: number[]): tf.Tensor1D {
  const { outputs, mask } = model.apply(params, tf.tensor2d(ids, undefined, 'int32'));
  return task.losses({ outputs, mask, params, targets: { values: tf.tensor2d(targets, [8, 1]), counted: tf.tensor1d(counted) } });
}

const truth = [0, 1, 2, 0, 1, 0, 0, 0];
const counted = [1, 1, 1, 1, 1, 1, 0, 0];

describe('the loss of a CRF', () => {
  test('is minus the log of the probability of the labels, shared by the steps', () => {
    const params = paramsOf(1);
    const losses = lossOf(params, truth, counted).dataSync();
    const outputs = model.apply(params, tf.tensor2d(ids, undefined, 'int32')).outputs.dataSync();
    const weights = (local: string) => (params[`tag.crf/${local}`] as tf.Tensor).dataSync();
    const [transitions, start, end] = [weights('transitions'), weights('start'), weights('end')];
    const scoreOf = (row: number, path: number[]) =>
      path.reduce(
        (sum, label, t) => {
          const before = t === 0 ? (start[label] as number) : (transitions[(path[t - 1] as number) * 3 + label] as number);
          return sum + before + (outputs[(row * 4 + t) * 3 + label] as number);
        },
        end[path.at(-1) as number] as number,
      );
    const valid = (path: number[]) => path.every((label, t) => label !== 2 || (t > 0 && path[t - 1] !== 0));
    const paths = (length: number): number[][] =>
      length === 0 ? [[]] : paths(length - 1).flatMap((path) => [0, 1, 2].map((label) => [...path, label]));
    const expected = (row: number, path: number[]) => {
      const all = paths(path.length)
        .filter(valid)
        .map((other) => Math.exp(scoreOf(row, other)));
      return Math.log(all.reduce((sum, value) => sum + value, 0)) - scoreOf(row, path);
    };
    const [first, second] = [expected(0, [0, 1, 2, 0]), expected(1, [1, 0])];
    expect([...losses]).toEqual(
      [first / 4, first / 4, first / 4, first / 4, second / 2, second / 2, 0, 0].map((value) => expect.closeTo(value, 4)),
    );
  });

  test('teaches all weights, its own too', () => {
    const params = paramsOf(2);
    const names = Object.keys(params);
    const { gradients } = tf.tidy(() =>
      valueAndGradients(
        (...tensors) =>
          tf.sum(lossOf(Object.fromEntries(names.map((name, i) => [name, tensors[i] as tf.Tensor])), truth, counted)) as tf.Scalar,
        names.map((name) => params[name] as tf.Tensor),
      ),
    );
    for (const [i, name] of names.entries())
      expect(Math.max(...(gradients[i] as tf.Tensor).dataSync().map(Math.abs)), name).toBeGreaterThan(0);
  });

  test('leaves out padded steps and steps without a label, whatever their target says', () => {
    const params = paramsOf(1);
    const other = truth.map((label, i) => (counted[i] ? label : 2));
    expect([...lossOf(params, other, counted).dataSync()]).toEqual([...lossOf(params, truth, counted).dataSync()]);
  });
});

describe('an answer of a CRF', () => {
  const init = model.init(7);
  const weights = Object.fromEntries(
    model.weights.map(({ name, shape }) => [
      name,
      { dtype: 'float32' as const, shape, values: (init[name] as Float32Array).map((value) => 4 * value) },
    ]),
  );
  const predictor = () => createPredictor({ name: 'names', spec, weights });
  const labelsOf = (inputs: number[][]) =>
    predictor()
      .predict(inputs)
      .predictions.map((answer) => (answer as { steps: Tagging[] }).steps.map(({ label }) => label));
  const many = Array.from({ length: 60 }, (_, i) => Array.from({ length: 1 + (i % 7) }, (_, t) => 1 + ((i * 7 + t * t * 3 + i * t) % 5)));

  test('never breaks the scheme', () => {
    const all = labelsOf(many);
    expect(all.flat()).toContain('I-name');
    for (const path of all) for (const [t, label] of path.entries()) if (label === 'I-name') expect(path[t - 1]).toMatch(/-name$/);
  });

  test('does not depend on the other inputs, and has probabilities', () => {
    const together = labelsOf(many.slice(0, 10));
    expect(together).toEqual(many.slice(0, 10).map((input) => labelsOf([input])[0]));
    const [answer] = predictor().predict([[1, 2, 3]]).predictions as [{ steps: Tagging[] }];
    for (const { probability } of answer.steps) expect(probability).toBeGreaterThan(0);
    expect(answer.steps).toHaveLength(3);
  });

  test('scores what it answers', () => {
    const inputs = [
      [1, 2, 3, 4],
      [5, 1],
    ];
    const params = Object.fromEntries(Object.entries(weights).map(([name, { values, shape }]) => [name, tf.tensor(values, shape)]));
    const answers = labelsOf(inputs).map((path) => path.map((label) => labels.indexOf(label)));
    const targets = [...(answers[0] as number[]), ...(answers[1] as number[]), 0, 0];
    const { outputs, mask } = model.apply(params, tf.tensor2d(ids, undefined, 'int32'));
    const scores = (values: number[]) =>
      (task as AnyTask).scores({ outputs, mask, params, targets: { values: tf.tensor2d(values, [8, 1]), counted: tf.tensor1d(counted) } });
    expect([...(scores(targets).accuracy?.dataSync() ?? [])]).toEqual(counted);
    const wrong = targets.map((label) => (label + 1) % 3);
    expect([...(scores(wrong).accuracy?.dataSync() ?? [])]).toEqual(new Array(8).fill(0));
  });

  test.each([
    [{ everyStep: true }, 'everyStep: this model has no answer after every step'],
    [{ state: 'new' as const }, "state: the task 'tag' decides about all steps together"],
  ])('is refused with %o', (options, message) => {
    expect(() => predictor().predict([[1]], options)).toThrow(message);
  });
});

describe('a CRF that does not fit is refused', () => {
  test.each([
    [{ scheme: 'bio', labels: ['O', 'B-name', 'X-name'] }, "label 'X-name' is not of the scheme 'bio'"],
    [{ labels: ['O', 'B-name'] }, 'expected the last layer to give a sequence of 2 units, one for each label'],
    [{ crf: false, scheme: 'bio' }, 'scheme needs crf: true'],
  ])('%o', (changes, message) => {
    expect(() => taskOf(createModel(specWith(changes)))).toThrow(message);
  });

  test('with options for labels that are alone', () => {
    expect(() => task.trainingLosses({ labelSmoothing: 0.1 })).toThrow('labelSmoothing');
  });
});
