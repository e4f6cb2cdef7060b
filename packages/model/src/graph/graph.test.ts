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
const tokens = { type: 'tokens', maxLength: 20 } as const;
const ids = (...rows: number[][]) => ({ values: tf.tensor2d(rows, undefined, 'int32') });
const numbers = (tensor: tf.Tensor) => Array.from(tensor.dataSync());
const worst = (a: number[], b: number[]) => Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));

function paramsOf(model: Model) {
  const layout = layoutOf(model.weights);
  const vector = new Float32Array(layout.length);
  flatten(layout, model.init(3), vector);
  return toTensors(layout, vector);
}

const embedding = (from: string) =>
  ({ type: 'embedding', from, inputDim: 9, outputDim: 4, maskZero: true, embeddingsInitializer: 'glorotUniform' }) as const;

/** An encoder whose final state starts a decoder; the decoder's output and the encoder's summary meet. */
const translator = {
  inputs: { source: tokens, target: tokens },
  layers: [
    embedding('source'),
    { type: 'bidirectional', name: 'encoder', layer: { type: 'lstm', units: 3, returnSequences: true } },
    embedding('target'),
    { type: 'lstm', name: 'decoder', units: 6, returnSequences: true, initialState: 'encoder' },
    { type: 'dense', units: 9 },
  ],
  task: { type: 'generate' },
};

describe('a decoder that starts from an encoder', () => {
  const model = build(translator);
  const source = [5, 6, 7, 0, 0];
  const target = [1, 2, 3, 4];

  test('streams its target, and needs the whole source', () => {
    expect(model.streamed).toEqual(['target']);
    expect([model.causal, model.resumes]).toEqual([true, true]);
    expect(model.stateWidths).toEqual({ decoder: [6, 6] });
  });

  test('gives the same outputs at once, piece by piece, and after encoding once', () => {
    const params = paramsOf(model);
    const whole = model.apply(params, { source: ids(source), target: ids(target) });
    const encoded = model.encode(params, { source: ids(source) });
    let state: Record<string, tf.Tensor2D[]> = {};
    const steps = target.flatMap((id) => {
      const step = model.apply(params, { target: ids([id]) }, { encoded, state });
      state = step.state;
      return numbers(step.outputs);
    });
    expect(worst(steps, numbers(whole.outputs))).toBeLessThan(1e-6);
  });

  test('does not see padding of its source, and depends on its source', () => {
    const params = paramsOf(model);
    const outputs = (...rows: number[][]) =>
      numbers(model.apply(params, { source: ids(...rows), target: ids(...rows.map(() => target)) }).outputs);
    const both = outputs(source, [1, 2, 3, 4, 5]);
    expect(worst(outputs([5, 6, 7]), both.slice(0, 36))).toBeLessThan(1e-6);
    expect(worst(both.slice(0, 36), both.slice(36))).toBeGreaterThan(1e-3);
  });

  test('names an input that is missing or of another type', () => {
    const params = paramsOf(model);
    expect(() => model.apply(params, { target: ids(target) })).toThrow("model: input 'source': it is missing");
    expect(() => model.apply(params, { source: { values: tf.zeros([1, 2, 3]) }, target: ids(target) })).toThrow(
      "model: input 'source': expected inputs int32 [batch, time], got float32 [1,2,3]",
    );
  });
});

test('layers may be listed in any order; weights keep the order of the spec', () => {
  const [words, encoder, targets, decoder, output] = translator.layers;
  const joined = { type: 'pooling', name: 'summary', from: 'encoder', modes: ['average'] } as const;
  const forwards = build({
    ...translator,
    layers: [words, encoder, joined, targets, { ...decoder, initialState: ['summary', 'summary'] }, output],
  });
  const backwards = build({
    inputs: translator.inputs,
    layers: [{ ...decoder, from: 'embedding_1', initialState: ['summary', 'summary'] }, output, words, encoder, targets, joined],
    outputs: { next: { from: 'dense_0', task: translator.task } },
  });
  expect(backwards.weights[0]?.name).toBe('decoder/kernel');
  const inputs = { source: ids([1, 2]), target: ids([3, 4]) };
  const params = paramsOf(forwards);
  expect(numbers(backwards.apply(params, inputs).outputs)).toEqual(numbers(forwards.apply(params, inputs).outputs));
});

describe('shared weights', () => {
  const twins = build({
    inputs: { left: tokens, right: tokens },
    layers: [
      embedding('left'),
      { type: 'gru', units: 3 },
      { type: 'reuse', layer: 'embedding_0', from: 'right' },
      { type: 'reuse', layer: 'gru_0' },
      { type: 'subtract', from: ['gru_0', 'reuse_1'] },
    ],
    task,
  });

  test('exist once, and give the same for the same input', () => {
    expect(twins.weights.map(({ name }) => name)).toEqual([
      'embedding_0/embeddings',
      'gru_0/kernel',
      'gru_0/recurrentKernel',
      'gru_0/bias',
    ]);
    const params = paramsOf(twins);
    expect(numbers(twins.apply(params, { left: ids([1, 2, 3]), right: ids([1, 2, 3]) }).outputs)).toEqual([0, 0, 0]);
    expect(worst(numbers(twins.apply(params, { left: ids([1]), right: ids([2]) }).outputs), [0, 0, 0])).toBeGreaterThan(1e-4);
  });

  test('tied logits are the products with the rows of the table', () => {
    const model = build({
      input: tokens,
      layers: [embedding('input'), { type: 'tiedDense', embedding: 'embedding_0', useBias: false }],
      task: { type: 'generate' },
    });
    expect(model.weights).toHaveLength(1);
    const params = paramsOf(model);
    const table = params['embedding_0/embeddings'] as tf.Tensor2D;
    const expected = numbers(tf.matMul(tf.gather(table, [4]), table, false, true));
    expect(worst(numbers(model.apply(params, ids([4]).values).outputs), expected)).toBeLessThan(1e-6);
  });
});

test('several outputs are side by side', () => {
  const model = build({
    input: tokens,
    layers: [
      embedding('input'),
      { type: 'gru', units: 4 },
      { type: 'dense', name: 'stress', units: 2 },
      { type: 'dense', name: 'vowel', from: 'gru_0', units: 3 },
    ],
    outputs: { stress: { from: 'stress', task }, vowel: { from: 'vowel', task: { type: 'classify', labels: ['a', 'e', 'i'] }, weight: 2 } },
  });
  expect(model.outputs).toEqual([
    { layer: 'stress', units: 2 },
    { layer: 'vowel', units: 3 },
  ]);
  expect(model.output).toEqual({ kind: 'vector', features: 5 });
  expect(model.apply(paramsOf(model), ids([1, 2]).values).outputs.shape).toEqual([1, 5]);
});
