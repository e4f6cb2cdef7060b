/** Forward values against Keras 3: goldens/generate.py made the numbers. */
import * as tf from '@tensorflow/tfjs-core';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import activationGolden from '../goldens/activations.json' with { type: 'json' };
import golden from '../goldens/keras.json' with { type: 'json' };
import { formulaParams, wave } from '../testing/golden-formulas.ts';
import { activationOf, activationSpec } from './cells/activations.ts';
import { createModel } from './model.ts';
import { type ModelSpecInput, parseModelSpec } from './spec.ts';
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  huber,
  type Loss,
  meanAbsoluteError,
  meanSquaredError,
  sparseCategoricalCrossentropy,
} from './tasks/losses.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const mask = () =>
  tf.tensor2d(
    golden.ids.map((row) => row.map((id) => id !== 0)),
    undefined,
    'bool',
  );

function expectClose(actual: ArrayLike<number>, expected: readonly number[]) {
  expect(actual.length).toBe(expected.length);
  const worst = expected.reduce((max, value, i) => Math.max(max, Math.abs(value - (actual[i] ?? Number.NaN))), 0);
  expect(worst).toBeLessThan(2e-6);
}

describe('layers', () => {
  test.each([...golden.layers, ...activationGolden.layers].map((entry) => [entry.name, entry] as const))(
    '%s',
    (_, { input, spec, shape, output }) => {
      tf.tidy(() => {
        const reads = input === 'ids' ? { type: 'tokens' as const } : { type: 'features' as const, features: golden.features };
        const model = createModel(
          parseModelSpec({
            input: { ...reads, maxLength: 10 },
            layers: spec as ModelSpecInput['layers'],
            task: { type: 'classify', labels: ['a', 'b'] },
          }),
        );
        const batch = golden.ids.length;
        const steps = golden.ids[0]?.length ?? 0;
        const inputs = input === 'ids' ? tf.tensor2d(golden.ids, undefined, 'int32') : wave([batch, steps, golden.features], 0.5);
        const firstLayer = model.weights[0]?.name.split('/')[0] ?? '';
        const states = spec[0]?.type === 'lstm' ? 2 : 1;
        const state = { [firstLayer]: Array.from({ length: states }, (_, k) => wave([batch, golden.units], k + 2) as tf.Tensor2D) };
        const { outputs } = model.apply(formulaParams(model.weights), inputs, {
          ...(input.startsWith('masked') && { mask: mask() }),
          ...(input.endsWith('training') && { trainingKey: ['golden'] }),
          ...(input.endsWith('from a state') && { state }),
        });
        expect(outputs.shape).toEqual(shape);
        expectClose(outputs.dataSync(), output);
      });
    },
  );
});

describe('activations', () => {
  const given = activationGolden.functions.map(({ activation, values }) => [JSON.stringify(activation), activation, values] as const);
  test.each(given)('%s', (_, activation, values) => {
    const apply = activationOf(v.parse(activationSpec, activation));
    const actual = apply(tf.tensor1d(activationGolden.inputs)).dataSync();
    for (const [i, value] of values.entries()) {
      expect(Math.abs(value - (actual[i] ?? Number.NaN))).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
    }
    expect(Number.isNaN(apply(tf.tensor1d([1, Number.NaN, 2])).dataSync()[1])).toBe(true);
  });
});

describe('losses', () => {
  const losses: Record<keyof typeof golden.losses, Loss> = {
    binaryCrossentropy,
    categoricalCrossentropy,
    sparseCategoricalCrossentropy,
    meanSquaredError,
    meanAbsoluteError,
    huber: huber(1),
  };
  test.each(Object.entries(golden.losses))('%s', (name, { targets, values }) => {
    const loss = losses[name as keyof typeof losses];
    expectClose(loss(tf.tensor2d(golden.logits), tf.tensor2d(targets)).dataSync(), values);
  });

  test('cross-entropies stay finite at logits of ±1000', () => {
    const logits = tf.tensor2d([[1000, -1000]]);
    expect(binaryCrossentropy(logits, tf.tensor2d([[0, 1]])).dataSync()[0]).toBe(1000);
    expect(sparseCategoricalCrossentropy(logits, tf.tensor2d([[1]])).dataSync()[0]).toBe(2000);
  });
});

test('the textbook: h_t = σ(W_hh h_{t-1} + W_hx x_t + b_h), o_t = σ(W_ho h_t + b_o)', () => {
  const model = createModel(
    parseModelSpec({
      input: { type: 'features', features: 1, maxLength: 3 },
      layers: [
        { type: 'simpleRNN', units: 1, activation: 'sigmoid', returnSequences: true },
        { type: 'dense', units: 1, activation: 'sigmoid' },
      ],
      task: { type: 'classify', labels: ['a', 'b'] },
    }),
  );
  const params = {
    'simpleRNN_0/kernel': tf.tensor2d([[0.5]]),
    'simpleRNN_0/recurrentKernel': tf.tensor2d([[-2]]),
    'simpleRNN_0/bias': tf.tensor1d([0.1]),
    'dense_0/kernel': tf.tensor2d([[3]]),
    'dense_0/bias': tf.tensor1d([-1]),
  };
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const x = [1, -2, 3];
  let h = 0;
  const expected = x.map((xt) => {
    h = sigmoid(-2 * h + 0.5 * xt + 0.1);
    return sigmoid(3 * h - 1);
  });
  const { outputs } = model.apply(params, tf.tensor3d([x.map((xt) => [xt])]));
  expectClose(outputs.dataSync(), expected);
});
