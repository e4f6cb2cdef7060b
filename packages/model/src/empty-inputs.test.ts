/** Batches without a sequence, sequences without a step, and padding only: outputs have their shape, gradients are exactly zero. */
import * as tf from '@tensorflow/tfjs-core';
import '@unroll/backend/gradients.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { createModel } from './model.ts';
import { type ModelSpecInput, parseModelSpec } from './spec.ts';
import { valueAndGradients } from './training/gradients.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

type Layers = ModelSpecInput['layers'];
const sequence = { returnSequences: true } as const;
const stacks: [string, Layers][] = [
  ['simpleRNN', [{ type: 'simpleRNN', units: 4 }]],
  ['simpleRNN without a fused kernel', [{ type: 'simpleRNN', units: 4, activation: 'elu' }]],
  ['lstm', [{ type: 'lstm', units: 4 }]],
  ['lstm without a fused kernel', [{ type: 'lstm', units: 4, activation: 'relu' }]],
  ['gru', [{ type: 'gru', units: 4 }]],
  ['gru without a fused kernel, reset before', [{ type: 'gru', units: 4, activation: 'relu', resetAfter: false }]],
  ['gru backwards without a fused kernel', [{ type: 'gru', units: 4, activation: 'relu', goBackwards: true }]],
  [
    'every step without a fused kernel',
    [
      { type: 'lstm', units: 4, activation: 'relu', ...sequence },
      { type: 'dense', units: 2 },
    ],
  ],
  ['bidirectional', [{ type: 'bidirectional', layer: { type: 'lstm', units: 3, activation: 'relu', ...sequence } }]],
  [
    'two layers',
    [
      { type: 'lstm', units: 4, activation: 'relu', ...sequence },
      { type: 'gru', units: 3 },
    ],
  ],
  [
    'pooling',
    [
      { type: 'lstm', units: 4, ...sequence },
      { type: 'pooling', modes: ['average', 'max', 'last'] },
    ],
  ],
  [
    'causal convolution',
    [
      { type: 'conv1d', filters: 4, kernelSize: 3, padding: 'causal', activation: 'relu' },
      { type: 'gru', units: 2 },
    ],
  ],
  [
    'convolution and pooling of whole windows',
    [{ type: 'conv1d', filters: 4, kernelSize: 5, useBias: false }, { type: 'maxPooling1d' }, { type: 'lstm', units: 2 }],
  ],
  [
    'depthwise convolution, masking, other lengths',
    [
      { type: 'depthwiseConv1d', kernelSize: 2, padding: 'same' },
      { type: 'masking' },
      { type: 'averagePooling1d', poolSize: 3, padding: 'same' },
      { type: 'upSampling1d' },
      { type: 'cropping1d', cropping: [0, 1] },
      { type: 'lstm', units: 2 },
    ],
  ],
  [
    'attention',
    [
      { type: 'lstm', units: 4, ...sequence },
      { type: 'attention', from: ['lstm_0', 'lstm_0'], score: 'general' },
      { type: 'multiHeadAttention', from: ['attention_0', 'lstm_0'], numHeads: 2, keyDim: 3 },
    ],
  ],
  ['normalization', [{ type: 'lstm', units: 4, ...sequence }, { type: 'layerNormalization' }, { type: 'gru', units: 2 }]],
  [
    'dropout',
    [
      { type: 'lstm', units: 4, dropout: 0.5, recurrentDropout: 0.5 },
      { type: 'dropout', rate: 0.5 },
    ],
  ],
];

function gradientsOf(layers: Layers, ids: tf.Tensor2D, state?: 'new') {
  const embedding = { type: 'embedding', inputDim: 5, outputDim: 3, maskZero: true } as const;
  const model = createModel(
    parseModelSpec({
      input: { type: 'tokens', maxLength: 9 },
      layers: [embedding, ...layers],
      task: { type: 'classify', labels: ['a', 'b'] },
    }),
  );
  const init = model.init(1);
  const weights = model.weights.map(({ name, shape }) => tf.tensor(init[name] as Float32Array, shape));
  const trained = model.weights.filter(({ trainable }) => trainable).length;
  let shape: number[] = [];
  const loss = (...values: tf.Tensor[]) => {
    const params = Object.fromEntries(model.weights.map(({ name }, i) => [name, values[i] ?? (weights[i] as tf.Tensor)]));
    const { outputs } = model.apply(params, ids, { trainingKey: ['empty'], ...(state && model.resumes && { state: {} }) });
    shape = outputs.shape;
    return tf.sum(outputs) as tf.Scalar;
  };
  const { value, gradients } = valueAndGradients(loss, weights.slice(0, trained));
  return { model, shape, value: value.dataSync()[0], gradients: gradients.map((each) => Array.from(each.dataSync())) };
}

describe.each(stacks)('%s', (_, layers) => {
  test.each([
    [0, 3],
    [2, 0],
    [0, 0],
  ])('B = %i, T = %i', (B, T) => {
    for (const state of [undefined, 'new'] as const) {
      const { shape, model, gradients } = gradientsOf(layers, tf.zeros([B, T], 'int32'), state);
      const { kind, features } = model.output as { kind: string; features: number };
      expect(shape).toEqual(kind === 'vector' ? [B, features] : [B, T, features]);
      const held = model.weights.flatMap(({ name }, i) => (gradients[i]?.some((number) => number !== 0) ? [name] : []));
      expect(held).toEqual([]);
    }
  });

  test('padding only: no recurrent weight has a gradient, and none is NaN', () => {
    const { model, value, gradients } = gradientsOf(layers, tf.zeros([2, 3], 'int32'));
    expect(value).not.toBeNaN();
    for (const [i, { name }] of model.weights.entries()) {
      expect(gradients[i]?.some(Number.isNaN) ?? false).toBe(false);
      if (/kernel$/i.test(name) && !name.startsWith('dense'))
        expect(
          gradients[i]?.every((number) => number === 0),
          name,
        ).toBe(true);
    }
  });
});

test('gradients of unconnected tensors are zero; a function without inputs has none', () => {
  const [x, y] = [tf.tensor1d([1, 2]), tf.tensor1d([3])];
  const { value, gradients } = valueAndGradients((a) => tf.sum(tf.square(a as tf.Tensor)) as tf.Scalar, [x, y]);
  expect([value, ...gradients].map((tensor) => Array.from(tensor.dataSync()))).toEqual([[5], [2, 4], [0]]);
  const constant = valueAndGradients(() => tf.scalar(7), [x]);
  expect(Array.from(constant.gradients[0]?.dataSync() ?? [])).toEqual([0, 0]);
  expect(valueAndGradients(() => tf.scalar(7), []).value.dataSync()[0]).toBe(7);
});

test('tfjs itself finds the gradients of a cell that ran no step', () => {
  const layers: Layers = [{ type: 'lstm', units: 4, activation: 'relu' }];
  const model = createModel(
    parseModelSpec({ input: { type: 'features', features: 3, maxLength: 9 }, layers, task: { type: 'classify', labels: ['a', 'b'] } }),
  );
  const init = model.init(1);
  const weights = model.weights.map(({ name, shape }) => tf.tensor(init[name] as Float32Array, shape));
  for (const [T, mask] of [
    [0, undefined],
    [3, tf.zeros<tf.Rank.R2>([2, 3], 'bool')],
  ] as const) {
    const loss = (...values: tf.Tensor[]) => {
      const params = Object.fromEntries(model.weights.map(({ name }, i) => [name, values[i] as tf.Tensor]));
      return tf.sum(model.apply(params, tf.zeros([2, T, 3]), mask ? { mask } : {}).outputs);
    };
    for (const gradient of tf.grads(loss)(weights)) expect(gradient.dataSync().every((number) => number === 0)).toBe(true);
  }
});
