/** Layers on int8 weights against the same layers on the dequantized float32 weights. */
import * as tf from '@tensorflow/tfjs-core';
import '@unroll/backend/gradients.ts';
import { dequantize, type FloatWeight, quantizeWeights, type Weight } from '@unroll/artifact/quantize.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { createModel } from '../model.ts';
import { parseModelSpec } from '../spec.ts';
import { type ActivationBits, int8Tensor, isInt8 } from './int8-tensors.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const embedding = { type: 'embedding', inputDim: 30, outputDim: 10, maskZero: true };
const models: [string, object[]][] = [
  ['lstm', [embedding, { type: 'lstm', units: 20 }]],
  ['gru', [embedding, { type: 'gru', units: 20 }]],
  ['gru resetBefore', [embedding, { type: 'gru', units: 20, resetAfter: false }]],
  ['simpleRNN, twice', [embedding, { type: 'simpleRNN', units: 9, returnSequences: true }, { type: 'simpleRNN', units: 20 }]],
  ['bidirectional', [embedding, { type: 'bidirectional', layer: { type: 'lstm', units: 7 } }]],
  ['conv1d', [embedding, { type: 'conv1d', filters: 9, kernelSize: 3, padding: 'causal', dilationRate: 2 }]],
  ['conv1d in groups', [embedding, { type: 'conv1d', filters: 6, kernelSize: 3, strides: 2, padding: 'same', groups: 2 }]],
  ['timeDistributed', [embedding, { type: 'timeDistributed', layer: { type: 'dense', units: 7 } }]],
  ['attention', [embedding, { type: 'attention', from: ['embedding_0', 'embedding_0'], score: 'general' }]],
  ['attention with units', [embedding, { type: 'attention', from: ['embedding_0', 'embedding_0'], score: 'additive', units: 7 }]],
  ['multiHeadAttention', [embedding, { type: 'multiHeadAttention', from: ['embedding_0', 'embedding_0'], numHeads: 2, keyDim: 5 }]],
  ['a cell that has no fused kernel', [embedding, { type: 'lstm', units: 12, activation: 'relu' }]],
];

function setUp(layers: object[]) {
  const model = createModel(
    parseModelSpec({
      input: { type: 'tokens', maxLength: 20 },
      layers: [...layers, { type: 'dense', units: 3 }],
      task: { type: 'classify', labels: ['a', 'b', 'c'] },
    }),
  );
  const init = model.init(3);
  const floats = Object.fromEntries(
    model.weights.map(({ name, shape }): [string, FloatWeight] => [name, { dtype: 'float32', shape, values: init[name] as Float32Array }]),
  );
  return { model, weights: quantizeWeights(floats) };
}

const ids = () => tf.tensor2d([5, 1, 29, 7, 0, 0, 3, 4, 11, 12, 13, 14], [2, 6], 'int32');

describe.each(models)('%s', (name, layers) => {
  const { model, weights } = setUp(layers);
  const floatParams = () =>
    Object.fromEntries(model.weights.map((spec) => [spec.name, tf.tensor(dequantize(weights[spec.name] as Weight), spec.shape)]));

  test.each([
    [14, 1e-3],
    [7, 0.1],
  ] as const)('with %i-bit activations answers as in float32', (bits: ActivationBits, allowed: number) => {
    tf.tidy(() => {
      let packed = 0;
      const params = Object.fromEntries(
        model.weights.map((spec) => {
          const weight = weights[spec.name] as Weight;
          const tensor = weight.dtype === 'int8' ? int8Tensor(weight, spec, bits) : undefined;
          packed += tensor && isInt8(tensor) ? 1 : 0;
          return [spec.name, tensor ?? tf.tensor(dequantize(weight), spec.shape)];
        }),
      );
      const matrices = Object.values(weights).filter(({ dtype }) => dtype === 'int8').length;
      expect(packed).toBe(name.startsWith('a cell') ? matrices - 2 : matrices);
      const [actual, expected] = [params, floatParams()].map((each) => Array.from(model.apply(each, ids()).outputs.dataSync()));
      const worst = Math.max(...(expected ?? []).map((value, i) => Math.abs(value - (actual?.[i] ?? Number.NaN))));
      expect(worst).toBeGreaterThan(0);
      expect(worst).toBeLessThan(allowed);
    });
  });
});

test('int8 weights take a byte each in memory, and a scale', () => {
  const { model, weights } = setUp([{ ...embedding, inputDim: 1000 }]);
  const spec = model.weights.find(({ name }) => name === 'embedding_0/embeddings');
  const before = tf.memory().numBytes;
  const table = int8Tensor(weights['embedding_0/embeddings'] as never, spec as never, 14);
  expect(tf.memory().numBytes - before).toBe(1000 * 10 + 1000 * 4);
  table?.dispose();
});

test('they cannot be trained', () => {
  const { model, weights } = setUp([embedding, { type: 'lstm', units: 4 }]);
  const params = Object.fromEntries(
    model.weights.map((spec) => {
      const weight = weights[spec.name] as Weight;
      return [spec.name, (weight.dtype === 'int8' && int8Tensor(weight, spec, 14)) || tf.tensor(dequantize(weight), spec.shape)];
    }),
  );
  const bias = params['dense_0/bias'] as tf.Tensor;
  const loss = (b: tf.Tensor) => tf.sum(model.apply({ ...params, 'dense_0/bias': b }, ids()).outputs) as tf.Scalar;
  expect(() => tf.grad(loss)(bias)).toThrow('int8 weights cannot be trained; load the model in float32');
});
