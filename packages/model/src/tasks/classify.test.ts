import * as tf from '@tensorflow/tfjs-core';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { classify } from './classify.ts';

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

test('every prediction fits the schema that APIs show', () => {
  const task = classify(spec(['a', 'b', 'c']), vector(3));
  expect(v.parse(task.predictionSchema, task.decode(Float32Array.of(0.5, 0.25, 0.25)))).toBeTruthy();
});
