/** Every layer's forward pass in workerd, on the few tfjs kernels that are registered there, equals Keras'. */

import * as tf from '@tensorflow/tfjs-core';
import tfjs from '@unroll/backend/tfjs-serving.wasm';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import serving from '@unroll/kernels/serving.wasm';
import simd from '@unroll/kernels/simd.wasm';
import activationGolden from '@unroll/model/goldens/activations.json' with { type: 'json' };
import attentionGolden from '@unroll/model/goldens/attention.json' with { type: 'json' };
import golden from '@unroll/model/goldens/keras.json' with { type: 'json' };
import stepsGolden from '@unroll/model/goldens/steps.json' with { type: 'json' };
import { createModel } from '@unroll/model/model.ts';
import { type ModelSpecInput, parseModelSpec } from '@unroll/model/spec.ts';
import { attentionCase } from '@unroll/model/testing/attention-golden.ts';
import { formulaParams, stepsInputs, wave } from '@unroll/model/testing/golden-formulas.ts';
import { beforeAll, describe, expect, test } from 'vitest';

const served = [...golden.layers, ...activationGolden.layers].filter(
  ({ input }) => input === 'features' || input === 'masked features' || input === 'ids',
);

describe.each([
  ['serving', serving],
  ['simd', simd],
])('%s kernels', (_, kernels) => {
  beforeAll(() => startWasmBackend({ tfjs, kernels }));

  test.each(served.map((entry) => [entry.name, entry] as const))('%s', (_, { input, spec, shape, output }) => {
    const reads = input === 'ids' ? { type: 'tokens' as const } : { type: 'features' as const, features: golden.features };
    const layers = spec as ModelSpecInput['layers'];
    const model = createModel(
      parseModelSpec({ input: { ...reads, maxLength: 10 }, layers, task: { type: 'classify', labels: ['a', 'b'] } }),
    );
    const steps = golden.ids[0]?.length ?? 0;
    const inputs = input === 'ids' ? tf.tensor2d(golden.ids, undefined, 'int32') : wave([golden.ids.length, steps, golden.features], 0.5);
    const mask = tf.tensor2d(
      golden.ids.map((row) => row.map((id) => id !== 0)),
      undefined,
      'bool',
    );
    const { outputs } = model.apply(formulaParams(model.weights), inputs, input.startsWith('masked') ? { mask } : {});
    expect(outputs.shape).toEqual(shape);
    const actual = outputs.dataSync();
    const worst = output.reduce((max, value, i) => Math.max(max, Math.abs(value - (actual[i] ?? Number.NaN))), 0);
    expect(worst).toBeLessThan(2e-6);
  });

  test.each(stepsGolden.layers.map((entry) => [entry.name, entry] as const))('%s', (_, { spec, steps, shape, output }) => {
    const [B = 0] = shape;
    const input = { type: 'features' as const, features: stepsGolden.features, maxLength: steps, fixedLength: true };
    const layers = spec as ModelSpecInput['layers'];
    const model = createModel(parseModelSpec({ input, layers, task: { type: 'classify', labels: ['a', 'b'] } }));
    const inputs = stepsInputs(spec, [B, steps, stepsGolden.features]);
    const mask = tf.cast(tf.ones<tf.Rank.R2>([B, steps]), 'bool');
    for (const options of [{}, { mask }, ...(model.resumes ? [{ state: {} }, { state: {}, mask }] : [])]) {
      const { outputs } = model.apply(formulaParams(model.weights), inputs, options);
      expect(outputs.shape).toEqual(shape);
      const actual = outputs.dataSync();
      const worst = output.reduce((max, value, i) => Math.max(max, Math.abs(value - (actual[i] ?? Number.NaN))), 0);
      expect(worst).toBeLessThan(2e-6);
    }
  });

  test.each(attentionGolden.layers.map((entry) => [entry.name, entry] as const))('%s', (_, entry) => {
    const { model, inputs } = attentionCase(entry);
    const { outputs } = model.apply(formulaParams(model.weights), inputs);
    expect(outputs.shape).toEqual(entry.shape);
    const actual = outputs.dataSync();
    const worst = entry.output.reduce((max, value, i) => Math.max(max, Math.abs(value - (actual[i] ?? Number.NaN))), 0);
    expect(worst).toBeLessThan(2e-6);
  });

  const merges = ['concatenate', 'add', 'subtract', 'multiply', 'average', 'maximum', 'minimum'];
  const twoInputs = (layers: object[]) => {
    const features = { type: 'features', features: 2, maxLength: 4 };
    const task = { type: 'classify', labels: ['a', 'b'] };
    return createModel(parseModelSpec({ inputs: { left: features, right: features }, layers, task }));
  };
  const steps = () =>
    tf.tensor3d([
      [
        [1, 4],
        [3, 2],
        [9, 9],
      ],
    ]);

  test.each(merges)('%s of sequences with masks of their own', (type) => {
    const mask = (...real: boolean[]) => tf.tensor2d([real], undefined, 'bool');
    const model = twoInputs([
      { type, from: ['left', 'right'] },
      { type: 'pooling', modes: ['last'] },
    ]);
    const values = steps();
    const inputs = { left: { values, mask: mask(true, false, false) }, right: { values, mask: mask(true, true, false) } };
    const expected: Record<string, number[]> = { concatenate: [3, 2, 3, 2], add: [6, 4], subtract: [0, 0], multiply: [9, 4] };
    expect([...model.apply({}, inputs).outputs.dataSync()]).toEqual(expected[type] ?? [3, 2]);
  });

  test.each(merges)('%s of a sequence and of a vector at every step', (type) => {
    const model = twoInputs([
      { type: 'pooling', modes: ['average'], from: 'left' },
      { type: 'gru', units: 2, from: 'right', goBackwards: true },
      { type, from: ['pooling_0', 'gru_0'] },
    ]);
    const inputs = { left: { values: steps() }, right: { values: steps() } };
    const { outputs } = model.apply(formulaParams(model.weights), inputs, { everyStep: true });
    expect(outputs.shape).toEqual([1, 3, type === 'concatenate' ? 4 : 2]);
  });

  test('pooling at every step', () => {
    const model = createModel(
      parseModelSpec({
        input: { type: 'features', features: 2, maxLength: 4 },
        layers: [{ type: 'pooling', modes: ['average', 'max', 'last'] }],
        task: { type: 'classify', labels: ['a', 'b'] },
      }),
    );
    const mask = tf.tensor2d([[true, true, false]], undefined, 'bool');
    const { outputs } = model.apply(
      {},
      tf.tensor3d([
        [
          [1, 4],
          [3, 2],
          [9, 9],
        ],
      ]),
      { everyStep: true, mask },
    );
    expect([...outputs.dataSync()].slice(0, 12)).toEqual([1, 4, 1, 4, 1, 4, 2, 3, 3, 4, 3, 2]);
    const whole = model.apply(
      {},
      tf.tensor3d([
        [
          [1, 4],
          [3, 2],
          [9, 9],
        ],
      ]),
      { mask },
    );
    expect([...whole.outputs.dataSync()]).toEqual([2, 3, 3, 4, 3, 2]);
  });
});
