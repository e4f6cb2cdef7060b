import * as tf from '@tensorflow/tfjs-core';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { createModel, type Model } from './model.ts';
import { type ModelSpecInput, parseModelSpec } from './spec.ts';
import { flatten, layoutOf, toTensors } from './weights/layout.ts';
import type { Params } from './weights/weight.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const modelOf = (...layers: ModelSpecInput['layers']): Model =>
  createModel(
    parseModelSpec({
      input: { type: 'tokens', maxLength: 20 },
      layers: [{ type: 'embedding', inputDim: 9, outputDim: 4, maskZero: true, embeddingsInitializer: 'glorotUniform' }, ...layers],
      task: { type: 'classify', labels: ['a', 'b'] },
    }),
  );

function freshParams(model: Model, seed = 1): Params {
  const layout = layoutOf(model.weights);
  const vector = new Float32Array(layout.length);
  flatten(layout, model.init(seed), vector);
  return toTensors(layout, vector);
}

const ids = (...rows: number[][]) => tf.tensor2d(rows, undefined, 'int32');
const numbers = (tensor: tf.Tensor) => Array.from(tensor.dataSync());
const worst = (a: number[], b: number[]) => Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));

describe.each(['simpleRNN', 'lstm', 'gru'] as const)('streaming through %s', (type) => {
  const model = modelOf({ type, units: 5, returnSequences: true }, { type, units: 3 });

  test('a sequence in two parts with its state gives what the whole gives', () => {
    const params = freshParams(model);
    const whole = model.apply(params, ids([1, 2, 3, 4, 5, 6]));
    const { state } = model.apply(params, ids([1, 2]), { state: {} });
    const rest = model.apply(params, ids([3, 4, 5, 6]), { state });
    expect(worst(numbers(rest.outputs), numbers(whole.outputs))).toBeLessThan(1e-6);
    expect(Object.keys(rest.state)).toEqual([`${type}_0`, `${type}_1`]);
  });

  test('padding at the end changes nothing', () => {
    const params = freshParams(model);
    const plain = model.apply(params, ids([1, 2, 3]));
    const padded = model.apply(params, ids([1, 2, 3, 0, 0], [4, 5, 6, 7, 8]));
    expect(worst(numbers(plain.outputs), numbers(padded.outputs).slice(0, 3))).toBeLessThan(1e-6);
  });
});

describe('everyStep', () => {
  const model = modelOf({ type: 'gru', units: 5 }, { type: 'dense', units: 2 });
  const pooled = modelOf(
    { type: 'gru', units: 5, returnSequences: true },
    { type: 'pooling', modes: ['average', 'max', 'last'] },
    { type: 'dense', units: 2 },
  );

  test.each([
    ['last output', model],
    ['pooling', pooled],
  ])('answers every prefix as if it were the whole: %s', (_, model) => {
    const params = freshParams(model);
    const sequence = [3, 1, 4, 1, 5];
    const { outputs } = model.apply(params, ids(sequence, [2, 6, 0, 0, 0]), { everyStep: true });
    expect(outputs.shape).toEqual([2, 5, 2]);
    for (let length = 1; length <= sequence.length; length++) {
      const prefix = numbers(model.apply(params, ids(sequence.slice(0, length))).outputs);
      expect(worst(prefix, numbers(outputs).slice((length - 1) * 2, length * 2))).toBeLessThan(1e-6);
    }
  });

  test('is refused by a model that reads backwards', () => {
    const backwards = modelOf({ type: 'bidirectional', layer: { type: 'gru', units: 2 } });
    expect(backwards.causal).toBe(false);
    expect(() => backwards.apply(freshParams(backwards), ids([1]), { everyStep: true })).toThrow('needs a causal model');
  });
});

describe('randomness is named by its key', () => {
  const model = modelOf({ type: 'lstm', units: 4, dropout: 0.5, recurrentDropout: 0.5 }, { type: 'dropout', rate: 0.5 });

  test('the same seed gives the same weights, another seed others', () => {
    expect(model.init(7)).toEqual(model.init(7));
    expect(model.init(7)['lstm_0/kernel']).not.toEqual(model.init(8)['lstm_0/kernel']);
  });

  test('the same key drops the same, another key other units, no key none', () => {
    const params = freshParams(model);
    const run = (trainingKey?: string[]) => numbers(model.apply(params, ids([1, 2, 3]), trainingKey ? { trainingKey } : {}).outputs);
    expect(run(['a'])).toEqual(run(['a']));
    expect(run(['a'])).not.toEqual(run(['b']));
    expect(run().every((value) => value !== 0)).toBe(true);
  });
});

test('weights start as Keras starts them: orthogonal recurrent kernel, forget gate at one', () => {
  const model = modelOf({ type: 'lstm', units: 6 });
  const init = model.init(1);
  const kernel = tf.tensor2d(init['lstm_0/recurrentKernel'] as Float32Array, [6, 24]);
  const gram = tf.matMul(kernel, kernel, false, true);
  expect(worst(numbers(gram), numbers(tf.eye(6)))).toBeLessThan(1e-6);
  expect([...(init['lstm_0/bias'] as Float32Array)]).toEqual([0, 1, 0, 0].flatMap((value) => new Array(6).fill(value)));
  const limit = Math.sqrt(6 / (4 + 24));
  expect((init['lstm_0/kernel'] as Float32Array).every((value) => Math.abs(value) <= limit)).toBe(true);
});

test('batchNormalization moves its averages in training only', () => {
  const model = modelOf({ type: 'gru', units: 2 }, { type: 'batchNormalization', momentum: 0.9 });
  const params = freshParams(model);
  expect(model.weights.map(({ name }) => name).slice(-2)).toEqual([
    'batchNormalization_0/movingMean',
    'batchNormalization_0/movingVariance',
  ]);
  const { updates } = model.apply(params, ids([1, 2], [3, 4]), { trainingKey: ['k'] });
  const h = numbers(modelOf({ type: 'gru', units: 2 }).apply(params, ids([1, 2], [3, 4])).outputs);
  const mean = ((h[0] as number) + (h[2] as number)) / 2;
  expect(numbers(updates['batchNormalization_0/movingMean'] as tf.Tensor)[0]).toBeCloseTo(0.1 * mean, 6);
  expect(model.apply(params, ids([1, 2])).updates).toEqual({});
});

test('the moving variance follows the biased variance, or with unbiased the one that PyTorch takes', () => {
  const variances = [false, true].map((unbiased) => {
    const model = modelOf({ type: 'gru', units: 2, returnSequences: true }, { type: 'batchNormalization', momentum: 0, unbiased });
    const { updates } = model.apply(freshParams(model), ids([1, 2, 3], [3, 4, 0]), { trainingKey: ['k'] });
    return numbers(updates['batchNormalization_0/movingVariance'] as tf.Tensor);
  });
  const [biased, unbiased] = variances as [number[], number[]];
  // The last step is padding.
  const rows = 5;
  for (const [i, value] of biased.entries()) expect((unbiased[i] as number) / value).toBeCloseTo(rows / (rows - 1), 5);
});

test('the row of paddingIdx starts as zeros and has no gradient, and its step is not masked', () => {
  const spec = (more: object) =>
    createModel(
      parseModelSpec({
        input: { type: 'tokens', maxLength: 5 },
        layers: [
          { type: 'embedding', inputDim: 5, outputDim: 2, paddingIdx: 2, ...more },
          { type: 'gru', units: 2 },
        ],
        task: { type: 'classify', labels: ['a', 'b'] },
      }),
    );
  const model = spec({});
  const table = model.init(1)['embedding_0/embeddings'] as Float32Array;
  expect([...table.subarray(4, 6)]).toEqual([0, 0]);
  expect(table.subarray(0, 4).every((value) => value !== 0)).toBe(true);
  const params = freshParams(model);
  const output = (...rows: number[][]) => numbers(model.apply(params, ids(...rows)).outputs);
  expect(output([1, 2])).not.toEqual(output([1]));
  expect(() => spec({ paddingIdx: 5 })).toThrow('expected a paddingIdx below inputDim 5, got 5');
});

test('inspect sees each layer in order', () => {
  const model = modelOf({ type: 'gru', units: 2 }, { type: 'dense', units: 1 });
  const seen: string[] = [];
  model.apply(freshParams(model), ids([1, 2]), { inspect: (name, values) => seen.push(`${name} ${values.shape}`) });
  expect(seen).toEqual(['embedding_0 1,2,4', 'gru_0 1,2', 'dense_0 1,1']);
});

test('a missing weight and inputs of another type are named', () => {
  const model = modelOf({ type: 'gru', units: 2 });
  const { 'gru_0/bias': _, ...rest } = freshParams(model);
  expect(() => model.apply(rest, ids([1]))).toThrow("weight 'gru_0/bias' is missing");
  expect(() => model.apply(freshParams(model), tf.tensor2d([[1.5]]))).toThrow('expected inputs int32 [batch, time], got float32 [1,1]');
});

test('a thousand forward passes leave no tensor behind', () => {
  const model = modelOf({ type: 'lstm', units: 3 });
  const params = freshParams(model);
  const pass = () => tf.tidy(() => void model.apply(params, ids([1, 2, 3, 0])).outputs.dataSync());
  pass();
  const before = tf.memory().numTensors;
  for (let i = 0; i < 1000; i++) pass();
  expect(tf.memory().numTensors).toBe(before);
});
