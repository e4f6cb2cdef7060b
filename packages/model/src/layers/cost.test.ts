/** Checks what layers report: their memory, and whether a sequence may come in pieces. */
import * as tf from '@tensorflow/tfjs-core';
import { quantizeWeights } from '@unroll/artifact/quantize.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ApplyOptions, createModel, type Model } from '../model.ts';
import { servingParams } from '../serving/runner.ts';
import { servingCost } from '../serving/serving-cost.ts';
import { type ModelSpecInput, parseModelSpec } from '../spec.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

type Layers = ModelSpecInput['layers'];
const embedding = { type: 'embedding', inputDim: 9, outputDim: 5, maskZero: true, embeddingsInitializer: 'glorotUniform' } as const;
const every = { returnSequences: true } as const;
const relu = { activation: 'relu' } as const;

/** Layers after the embedding, and whether they resume. */
const stacks: [string, Layers, boolean][] = [
  ['nothing', [], true],
  ['simpleRNN', [{ type: 'simpleRNN', units: 6 }], true],
  ['lstm', [{ type: 'lstm', units: 6 }], true],
  ['gru', [{ type: 'gru', units: 6 }], true],
  ['simpleRNN without a fused kernel', [{ type: 'simpleRNN', units: 6, activation: 'elu' }], true],
  ['lstm without a fused kernel', [{ type: 'lstm', units: 6, ...relu }], true],
  ['gru without a fused kernel', [{ type: 'gru', units: 6, ...relu }], true],
  ['gru reset before, without a fused kernel', [{ type: 'gru', units: 6, resetAfter: false, ...relu }], true],
  ['lstm backwards', [{ type: 'lstm', units: 6, goBackwards: true }], false],
  ['lstm backwards without a fused kernel', [{ type: 'lstm', units: 6, goBackwards: true, ...relu, ...every }], false],
  ['bidirectional', [{ type: 'bidirectional', layer: { type: 'gru', units: 6, ...every } }], false],
  [
    'bidirectional without a fused kernel',
    [{ type: 'bidirectional', layer: { type: 'lstm', units: 6, ...relu }, mergeMode: 'sum' }],
    false,
  ],
  ['pooling', [{ type: 'pooling', modes: ['average', 'max', 'last'] }], true],
  ['pooling by one mode', [{ type: 'pooling', modes: ['max'] }], true],
  ['dense', [{ type: 'dense', units: 7, activation: 'softmax' }], true],
  ['activation', [{ type: 'activation', activation: 'softmax' }], true],
  ['activation gelu', [{ type: 'activation', activation: { type: 'gelu', approximate: true } }], true],
  ['dense selu', [{ type: 'dense', units: 7, activation: 'selu' }], true],
  [
    'lstm of costly activations',
    [{ type: 'lstm', units: 6, activation: 'selu', recurrentActivation: { type: 'gelu', approximate: true } }],
    true,
  ],
  ['gru with hard gates', [{ type: 'gru', units: 6, recurrentActivation: 'hardSigmoid' }], true],
  ['padding', [{ type: 'padSequences', maxlen: 7 }], false],
  ['dropout', [{ type: 'dropout', rate: 0.5 }], true],
  ['layerNormalization', [{ type: 'layerNormalization' }], true],
  ['batchNormalization', [{ type: 'batchNormalization' }], true],
  ['conv1d', [{ type: 'conv1d', filters: 6, kernelSize: 3, padding: 'same', activation: 'relu' }], false],
  ['conv1d with strides', [{ type: 'conv1d', filters: 6, kernelSize: 3, strides: 2, padding: 'same' }], false],
  ['causal conv1d', [{ type: 'conv1d', filters: 6, kernelSize: 3, dilationRate: 2, padding: 'causal', activation: 'gelu' }], true],
  ['causal conv1d of one tap', [{ type: 'conv1d', filters: 6, kernelSize: 1, padding: 'causal' }], true],
  ['depthwiseConv1d', [{ type: 'depthwiseConv1d', kernelSize: 3, depthMultiplier: 2, padding: 'same' }], false],
  ['maxPooling1d', [{ type: 'maxPooling1d', padding: 'same' }], false],
  ['averagePooling1d', [{ type: 'averagePooling1d', poolSize: 4, strides: 1, padding: 'same' }], false],
  ['timeDistributed', [{ type: 'timeDistributed', layer: { type: 'dense', units: 3 } }], true],
  ['upSampling1d', [{ type: 'upSampling1d', size: 3 }], false],
  ['zeroPadding1d', [{ type: 'zeroPadding1d', padding: 2 }], false],
  ['cropping1d', [{ type: 'cropping1d', cropping: [0, 1] }], false],
  ['masking', [{ type: 'masking', maskValue: 1 }], true],
  ['spatialDropout1d', [{ type: 'spatialDropout1d', rate: 0.5 }], true],
  ['gaussianNoise', [{ type: 'gaussianNoise', stddev: 0.5 }], true],
  [
    'a vector as a sequence',
    [
      { type: 'gru', units: 6 },
      { type: 'repeatVector', n: 3 },
      { type: 'permute', dims: [2, 1] },
      { type: 'reshape', targetShape: [-1, 9] },
      { type: 'flatten' },
    ],
    false,
  ],
  ...(['dot', 'general', 'concat', 'additive'] as const).map((score): [string, Layers, boolean] => [
    `attention ${score}`,
    [{ type: 'attention', from: ['embedding_0', 'embedding_0'], score }],
    false,
  ]),
  ['attention with units', [{ type: 'attention', from: ['embedding_0', 'embedding_0'], score: 'additive', units: 30 }], false],
  ['causal attention', [{ type: 'attention', from: ['embedding_0', 'embedding_0'], causal: true }], false],
  [
    'attention of one query to a key',
    [
      { type: 'gru', units: 5 },
      { type: 'attention', from: ['gru_0', 'embedding_0', 'embedding_0'], score: 'general' },
    ],
    false,
  ],
  [
    'multiHeadAttention',
    [{ type: 'multiHeadAttention', from: ['embedding_0', 'embedding_0'], numHeads: 3, keyDim: 4, valueDim: 7, causal: true }],
    false,
  ],
  [
    'a stack of causal convolutions',
    [
      { type: 'conv1d', filters: 6, kernelSize: 2, padding: 'causal' },
      { type: 'conv1d', filters: 4, kernelSize: 2, dilationRate: 2, padding: 'causal' },
      { type: 'lstm', units: 3, ...every },
    ],
    true,
  ],
  [
    'a stack',
    [
      { type: 'lstm', units: 6, ...every },
      { type: 'layerNormalization' },
      { type: 'gru', units: 4, ...every },
      { type: 'pooling', modes: ['average', 'last'] },
      { type: 'dense', units: 3 },
    ],
    true,
  ],
];

const modelOf = (layers: Layers): Model =>
  createModel(
    parseModelSpec({
      input: { type: 'tokens', maxLength: 100 },
      // Padding reads ids.
      layers: [...layers.filter(({ type }) => type === 'padSequences'), embedding, ...layers.filter(({ type }) => type !== 'padSequences')],
      task: { type: 'classify', labels: ['a', 'b'] },
    }),
  );

function paramsOf(model: Model, int8: boolean) {
  const init = model.init(1);
  const floats = Object.fromEntries(
    model.weights.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape, values: init[name] as Float32Array }]),
  );
  return servingParams(model, int8 ? quantizeWeights(floats) : floats);
}

const ids = (B: number, T: number, padded: boolean) =>
  tf.tensor2d(
    Int32Array.from({ length: B * T }, (_, i) => (padded && i % T > i / T ? 0 : 1 + (i % 8))),
    [B, T],
    'int32',
  );

describe.each(stacks)('%s', (_, layers, resumes) => {
  const model = modelOf(layers);

  test('takes no more memory than its cost says', () => {
    for (const int8 of [false, true]) {
      const params = paramsOf(model, int8);
      for (const [B, T] of [
        [1, 1],
        [3, 4],
        [2, 40],
      ] as const) {
        const { bytes } = servingCost(model, B, T);
        for (const everyStep of model.causal ? [true, false] : [false]) {
          for (const state of resumes ? [{}, undefined] : [undefined]) {
            const taken = tf.tidy(() => {
              const before = tf.memory().numBytes;
              model.apply(params, ids(B, T, T > 1), { everyStep, ...(state && { state }) });
              return tf.memory().numBytes - before;
            });
            expect(taken, JSON.stringify({ int8, B, T, everyStep, state })).toBeLessThanOrEqual(bytes);
          }
        }
      }
    }
  });

  test('a sequence in pieces gives what the whole gives, exactly if it resumes', () => {
    expect(model.resumes).toBe(resumes);
    const params = paramsOf(model, false);
    const apply = (from: number, to: number, options: ApplyOptions) =>
      model.apply(params, tf.slice(ids(2, 9, false), [0, from], [-1, to - from]), options);
    if (!resumes) {
      expect(() => apply(0, 3, { state: {} })).toThrow('cannot resume from a state');
      expect(model.stateWidths).toEqual({});
      return;
    }
    const whole = apply(0, 9, { everyStep: true }).outputs.dataSync();
    let state: NonNullable<ApplyOptions['state']> = {};
    const pieces = [0, 1, 4, 9].slice(1).map((to, i) => {
      const piece = apply([0, 1, 4][i] as number, to, { everyStep: true, state });
      state = piece.state;
      return piece.outputs;
    });
    const joined = tf.concat(pieces, 1).dataSync();
    const worst = Math.max(...Array.from(whole, (value, i) => Math.abs(value - (joined[i] as number))));
    expect(joined.length).toBe(whole.length);
    expect(worst).toBeLessThan(1e-5);
  });
});

test('multiply-adds are those of the matrices, at every step', () => {
  const products = (layers: Layers) => modelOf(layers).cost(3).multiplyAdds;
  expect(products([])).toBe(0);
  expect(products([{ type: 'lstm', units: 6 }])).toBe(3 * (5 + 6) * 24);
  expect(products([{ type: 'gru', units: 6 }])).toBe(3 * (5 + 6) * 18);
  expect(products([{ type: 'simpleRNN', units: 6 }])).toBe(3 * (5 + 6) * 6);
  expect(products([{ type: 'bidirectional', layer: { type: 'gru', units: 6 } }])).toBe(2 * 3 * (5 + 6) * 18);
  expect(products([{ type: 'dense', units: 7 }])).toBe(3 * 5 * 7);
  const twice = { from: ['embedding_0', 'embedding_0'] };
  expect(products([{ type: 'attention', ...twice }])).toBe(2 * 9 * 5);
  expect(products([{ type: 'attention', ...twice, score: 'general' }])).toBe(3 * 25 + 2 * 9 * 5);
  expect(products([{ type: 'attention', ...twice, score: 'additive', units: 4 }])).toBe(6 * 20 + 9 * 4 + 9 * 5);
  expect(products([{ type: 'multiHeadAttention', ...twice, numHeads: 2, keyDim: 3 }])).toBe(3 * 4 * 5 * 6 + 2 * 9 * 6);
  expect(products([{ type: 'conv1d', filters: 6, kernelSize: 4, padding: 'same' }])).toBe(3 * 4 * 5 * 6);
  expect(products([{ type: 'conv1d', filters: 10, kernelSize: 2, groups: 5 }])).toBe(2 * 2 * 10);
  expect(products([{ type: 'depthwiseConv1d', kernelSize: 2, depthMultiplier: 3 }])).toBe(2 * 2 * 15);
});
