import * as tf from '@tensorflow/tfjs-core';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { createModel } from '../model.ts';
import { createPredictor } from '../serving/predictor.ts';
import { parseModelSpec } from '../spec.ts';
import { type AnyTask, taskOf } from './registry.ts';
import type { Transcription } from './transcribe.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

/** A model whose logits are its input, so that a test writes them itself. */
const modelOf = (task: object, layers: object[] = []) =>
  parseModelSpec({
    input: { type: 'features', features: 3, maxLength: 40 },
    layers: [...layers, { type: 'activation', activation: 'linear' }],
    task: { type: 'transcribe', labels: ['a', 'b'], ...task },
  });
const predictor = (task: object = {}, layers: object[] = []) =>
  createPredictor({ name: 'spell', spec: modelOf(task, layers), weights: {} });

/** Frames that spell a path of units, each with most of the probability. */
const frames = (path: readonly number[], most = 5) => path.map((unit) => [0, 1, 2].map((each) => (each === unit ? most : 0)));
const text = (path: readonly number[], task?: object) => (predictor(task).predict([frames(path)]).predictions[0] as Transcription).text;

describe('a transcription', () => {
  test('joins the labels of the best path, without blanks and repeats', () => {
    expect(text([0, 0, 2, 0, 1, 1, 2])).toBe('aab');
    expect(text([2, 2])).toBe('');
    expect(text([1, 1, 0, 2, 2], { blank: 0 })).toBe('ab');
    expect(text([0, 2, 1], { separator: ' ' })).toBe('a b');
  });

  test('by beam search adds up the paths of a text', () => {
    // Each frame: blank 0.4, a 0.35, b 0.25. The best path is blank blank, but the paths of "a" are likelier together.
    const frame = [Math.log(0.35), Math.log(0.25), Math.log(0.4)];
    const greedy = predictor().predict([[frame, frame]]).predictions[0] as Transcription;
    const beam = predictor().predict([[frame, frame]], { search: { beam: 8, nBest: 3 } }).predictions[0] as Transcription;
    expect(greedy.text).toBe('');
    expect(greedy.logProbability).toBeCloseTo(Math.log(0.16), 4);
    expect(beam.text).toBe('a');
    expect(beam.logProbability).toBeCloseTo(Math.log(0.35 * 0.35 + 2 * 0.35 * 0.4), 4);
    expect(beam.alternatives?.map((other) => other.text)).toEqual(['b', '']);
  });

  test('does not read the padding of its batch', () => {
    const inputs = [frames([0, 1]), frames([0, 2, 0, 2, 1, 1, 0])];
    const texts = predictor()
      .predict(inputs)
      .predictions.map((answer) => (answer as Transcription).text);
    expect(texts).toEqual(['ab', 'aaba']);
  });

  test('reads outputs that have fewer steps than the input', () => {
    const halved = [{ type: 'maxPooling1d', poolSize: 2 }];
    const inputs = [frames([0, 0, 2, 2, 1, 1]), frames([1, 1])];
    const answers = predictor({}, halved).predict(inputs).predictions as Transcription[];
    expect(answers.map((answer) => answer.text)).toEqual(['ab', 'b']);
  });

  test.each([
    [{ everyStep: true }, "everyStep: the task 'transcribe' decides about all steps together"],
    [{ state: 'new' as const }, "state: the task 'transcribe' decides about all steps together"],
    [{ search: { beam: 2, nBest: 3 } }, 'nBest'],
  ])('is refused with %o', (options, message) => {
    expect(() => predictor().predict([frames([0])], options)).toThrow(message);
  });
});

describe('scores', () => {
  const model = createModel(modelOf({}));
  const task = taskOf(model) as AnyTask;
  const scoresOf = (paths: number[][], targets: number[][]) => {
    const T = Math.max(...paths.map(({ length }) => length));
    const longest = Math.max(...targets.map(({ length }) => length));
    const padded = paths.map((path) => [...frames(path), ...Array.from({ length: T - path.length }, () => [0, 9, 0])]);
    return {
      outputs: tf.tensor3d(padded),
      mask: tf.tensor2d(
        paths.map((path) => Array.from({ length: T }, (_, t) => t < path.length)),
        undefined,
        'bool',
      ),
      params: {},
      targets: {
        values: tf.tensor2d(
          targets.map((target) => [...target, ...new Array<number>(longest - target.length).fill(0)]),
          undefined,
          'int32',
        ),
        lengths: Int32Array.from(targets, ({ length }) => length),
      },
    };
  };

  test('count the edits of each text, padding left out', () => {
    const scores = task.scores(
      scoresOf(
        [
          [0, 2, 1],
          [0, 0, 1, 2, 1],
        ],
        [
          [0, 1],
          [0, 0, 1],
        ],
      ),
    );
    expect([...(scores.edits?.dataSync() ?? [])]).toEqual([0, 1]);
    const means = Object.fromEntries(Object.entries(scores).map(([name, values]) => [name, tf.mean(values).dataSync()[0] as number]));
    expect(task.metrics(0, means)).toEqual({ labelErrorRate: expect.closeTo(1 / 5, 6), exact: 0.5 });
  });

  test('the loss is minus the log of the probability of the labels', () => {
    const { outputs, ...rest } = scoresOf([[0, 1]], [[0, 1]]);
    const p = Math.exp(5) / (Math.exp(5) + 2);
    expect(task.losses({ outputs, ...rest }).dataSync()[0]).toBeCloseTo(-2 * Math.log(p), 5);
  });

  test('a target that its frames cannot spell has no loss', () => {
    expect([...task.losses(scoresOf([[0]], [[0, 1]])).dataSync()]).toEqual([0]);
  });
});

test.each([
  [{ blank: 3 }, 'expected a blank below 3, the labels and itself, got 3'],
  [{ labels: ['a'] }, 'expected the last layer to give a sequence of 2 units, the labels and the blank, got a sequence of 3'],
])('a task that does not fit is refused: %o', (task, message) => {
  expect(() => taskOf(createModel(modelOf(task)))).toThrow(message);
});
