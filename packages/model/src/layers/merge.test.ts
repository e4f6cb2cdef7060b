import * as tf from '@tensorflow/tfjs-core';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { createModel, type Model } from '../model.ts';
import { parseModelSpec } from '../spec.ts';
import { flatten, layoutOf, toTensors } from '../weights/layout.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const build = (spec: object) => createModel(parseModelSpec(spec));
const task = { type: 'classify', labels: ['a', 'b'] } as const;
const numbers = (tensor: tf.Tensor) => Array.from(tensor.dataSync());
const worst = (a: number[], b: number[]) => Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));

function paramsOf(model: Model) {
  const layout = layoutOf(model.weights);
  const vector = new Float32Array(layout.length);
  flatten(layout, model.init(3), vector);
  return toTensors(layout, vector);
}

describe('merged inputs', () => {
  const merged = (type: string, options = {}) =>
    build({
      inputs: { left: { type: 'features', features: 2, maxLength: 9 }, right: { type: 'features', features: 2, maxLength: 9 } },
      layers: [
        { type, from: ['left', 'right'], ...options },
        { type: 'pooling', modes: ['last'] },
      ],
      task,
    });
  const left = () => ({ values: tf.tensor3d([[[1, 5]]]) });
  const right = () => ({ values: tf.tensor3d([[[4, -2]]]) });
  test.each([
    ['concatenate', [1, 5, 4, -2]],
    ['add', [5, 3]],
    ['subtract', [-3, 7]],
    ['multiply', [4, -10]],
    ['average', [2.5, 1.5]],
    ['maximum', [4, 5]],
    ['minimum', [1, -2]],
  ])('%s', (type, expected) => {
    const model = merged(type);
    expect(model.streamed).toEqual(['left', 'right']);
    expect(numbers(model.apply({}, { left: left(), right: right() }).outputs)).toEqual(expected);
  });

  test('side by side in time keep their masks, and are read at once', () => {
    const model = merged('concatenate', { axis: 1 });
    expect(model.causal).toBe(false);
    const mask = (...real: number[]) => tf.tensor2d([real], undefined, 'bool');
    const longer = {
      values: tf.tensor3d([
        [
          [1, 1],
          [9, 9],
        ],
      ]),
      mask: mask(1, 0),
    };
    const last = {
      values: tf.tensor3d([
        [
          [3, 3],
          [7, 7],
        ],
      ]),
      mask: mask(1, 0),
    };
    expect(numbers(model.apply({}, { left: longer, right: last }).outputs)).toEqual([3, 3]);
  });

  test('a step is real if it is real in either input', () => {
    const model = merged('add');
    const mask = (...real: number[]) => tf.tensor2d([real], undefined, 'bool');
    const values = tf.tensor3d([
      [
        [1, 1],
        [2, 2],
        [4, 4],
      ],
    ]);
    const outputs = model.apply({}, { left: { values, mask: mask(1, 0, 0) }, right: { values, mask: mask(1, 1, 0) } }).outputs;
    expect(numbers(outputs)).toEqual([4, 4]);
    expect(numbers(model.apply({}, { left: { values, mask: mask(1, 0, 0) }, right: { values } }).outputs)).toEqual([8, 8]);
  });

  test('a vector joins a sequence at every step with everyStep', () => {
    const model = build({
      inputs: { seen: { type: 'features', features: 2, maxLength: 9 }, known: { type: 'features', features: 2, maxLength: 9 } },
      layers: [
        { type: 'gru', units: 3, from: 'seen' },
        { type: 'gru', units: 3, from: 'known', goBackwards: true },
        { type: 'add', from: ['gru_0', 'gru_1'] },
      ],
      task,
    });
    expect(model.streamed).toEqual(['seen']);
    const params = paramsOf(model);
    const seen = tf.randomNormal<tf.Rank.R3>([2, 3, 2]);
    const known = { values: tf.randomNormal<tf.Rank.R3>([2, 4, 2]) };
    const every = model.apply(params, { seen: { values: seen }, known }, { everyStep: true }).outputs;
    expect(every.shape).toEqual([2, 3, 3]);
    const two = model.apply(params, { seen: { values: tf.slice(seen, [0, 0, 0], [2, 2, 2]) }, known }).outputs;
    expect(worst(numbers(tf.slice(every, [0, 1, 0], [2, 1, 3])), numbers(two))).toBeLessThan(1e-6);
  });
});
