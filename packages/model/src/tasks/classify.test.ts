import * as tf from '@tensorflow/tfjs-core';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import fc from 'fast-check';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { classify } from './classify.ts';
import type { LossOptions } from './task.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const vector = (features: number) => ({ kind: 'vector', features }) as const;
const spec = (labels: string[], multiLabel = false) => ({ type: 'classify', labels, multiLabel }) as const;

describe('binary: one unit, two labels', () => {
  const task = classify(spec(['bad', 'good']), vector(1));
  test('decodes, judges and scores', () => {
    expect(task.targetWidth).toBe(1);
    expect(task.decode(Float32Array.of(0.75))).toEqual({ labels: ['good'], probabilities: { bad: 0.25, good: 0.75 } });
    expect(task.judge(Float32Array.of(0.75), Float32Array.of(0))).toEqual({ correct: false, error: 0.75 });
    expect(task.classOf?.outputs(Float32Array.of(0.2))).toBe(0);
    expect(task.activate(tf.tensor2d([[0]])).dataSync()[0]).toBe(0.5);
    expect(task.loss(tf.tensor2d([[0]]), tf.tensor2d([[1]])).dataSync()[0]).toBeCloseTo(Math.log(2), 6);
  });
});

describe('multi-class: a unit a label', () => {
  const task = classify(spec(['a', 'b', 'c']), vector(3));
  test('decodes, judges and scores', () => {
    expect(task.decode(Float32Array.of(0.25, 0.25, 0.5))).toEqual({ labels: ['c'], probabilities: { a: 0.25, b: 0.25, c: 0.5 } });
    expect(task.judge(Float32Array.of(0.25, 0.25, 0.5), Float32Array.of(2))).toEqual({ correct: true, error: 0.5 });
    expect(task.loss(tf.tensor2d([[0, 0, 0]]), tf.tensor2d([[1]])).dataSync()[0]).toBeCloseTo(Math.log(3), 6);
    expect(tf.sum(task.activate(tf.tensor2d([[1, 2, 3]]))).dataSync()[0]).toBeCloseTo(1, 6);
  });
});

describe('multi-label: any number of labels', () => {
  const task = classify(spec(['a', 'b'], true), vector(2));
  test('decodes, judges and scores', () => {
    expect(task.targetWidth).toBe(2);
    expect(task.decode(Float32Array.of(0.75, 0.625)).labels).toEqual(['a', 'b']);
    expect(task.decode(Float32Array.of(0.25, 0.125)).labels).toEqual([]);
    expect(task.judge(Float32Array.of(0.75, 0.25), Float32Array.of(1, 1))).toEqual({ correct: false, error: 0.75 });
    expect(task.judge(Float32Array.of(0.75, 0.75), Float32Array.of(1, 1)).correct).toBe(true);
    expect(task.classOf).toBeUndefined();
  });
});

describe('soft targets', () => {
  const classes = 3;
  const logit = fc.double({ min: -8, max: 8, noNaN: true });
  const probabilities = fc
    .array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: classes, maxLength: classes })
    .map((values) => values.map((value) => value / values.reduce((sum, each) => sum + each, 0)));
  const options = fc.record({
    labelSmoothing: fc.double({ min: 0, max: 0.9, noNaN: true }),
    classWeights: fc.option(fc.array(fc.double({ min: 0.1, max: 5, noNaN: true }), { minLength: classes, maxLength: classes }), {
      nil: undefined,
    }),
  });
  const lossOf = (task: ReturnType<typeof classify>, given: LossOptions, logits: number[], target: number[]) =>
    tf.tidy(
      () =>
        task
          .trainingLoss(given)(tf.tensor2d([logits]), tf.tensor2d([target]))
          .dataSync()[0] as number,
    );

  test('a sample of several classes counts as that much of each', () => {
    const task = classify(spec(['a', 'b', 'c']), vector(3));
    expect(task.softTargetWidth).toBe(3);
    fc.assert(
      fc.property(fc.array(logit, { minLength: 3, maxLength: 3 }), probabilities, options, (logits, target, given) => {
        const parts = target.map((p, c) => p * lossOf(task, given, logits, [c]));
        const expected = parts.reduce((sum, part) => sum + part, 0);
        expect(Math.abs(lossOf(task, given, logits, target) - expected)).toBeLessThan(1e-4 * (1 + expected));
      }),
    );
  });

  test('one unit reads the probability of the second label', () => {
    const task = classify(spec(['a', 'b']), vector(1));
    expect(task.softTargetWidth).toBe(1);
    fc.assert(
      fc.property(logit, probabilities, options, (x, [p = 0], { labelSmoothing, classWeights }) => {
        const given = { labelSmoothing, classWeights: classWeights?.slice(1) };
        const expected = p * lossOf(task, given, [x], [1]) + (1 - p) * lossOf(task, given, [x], [0]);
        expect(Math.abs(lossOf(task, given, [x], [p]) - expected)).toBeLessThan(1e-4 * (1 + expected));
      }),
    );
  });

  test('the loss is least where the outputs are the targets', () => {
    const task = classify(spec(['a', 'b', 'c']), vector(3));
    const target = [0.2, 0.5, 0.3];
    const at = (outputs: number[]) =>
      tf.tidy(() => task.loss(tf.tensor2d([outputs.map(Math.log)]), tf.tensor2d([target])).dataSync()[0] as number);
    expect(at(target)).toBeLessThan(at([0.25, 0.45, 0.3]));
    expect(at(target)).toBeLessThan(at([0.2, 0.4, 0.4]));
  });

  test("an answer is right where its most probable class is the target's", () => {
    const many = classify(spec(['a', 'b', 'c']), vector(3));
    const one = classify(spec(['a', 'b']), vector(1));
    expect(many.judge(Float32Array.of(0.25, 0.5, 0.25), Float32Array.of(0.125, 0.75, 0.125))).toEqual({ correct: true, error: 0.5 });
    expect(one.judge(Float32Array.of(0.75), Float32Array.of(0.25))).toEqual({ correct: false, error: 0.75 });
    const rows = (task: typeof many, outputs: number[][], targets: number[][]) => [
      ...(task.rowScores(tf.tensor2d(outputs), tf.tensor2d(targets)).accuracy?.dataSync() ?? []),
    ];
    expect(
      rows(
        many,
        [
          [0, 2, 1],
          [3, 2, 1],
        ],
        [
          [0.2, 0.5, 0.3],
          [0.2, 0.5, 0.3],
        ],
      ),
    ).toEqual([1, 0]);
    expect(rows(one, [[0.5], [-0.5]], [[0.75], [0.75]])).toEqual([1, 0]);
    expect([many.classOf?.target(Float32Array.of(0.2, 0.3, 0.5)), one.classOf?.target(Float32Array.of(0.75))]).toEqual([2, 1]);
  });
});

test('every prediction fits the schema that APIs show', () => {
  const task = classify(spec(['a', 'b', 'c']), vector(3));
  expect(v.parse(task.predictionSchema, task.decode(Float32Array.of(0.5, 0.25, 0.25)))).toBeTruthy();
});
