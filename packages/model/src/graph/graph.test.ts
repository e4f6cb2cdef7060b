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

  test('a step is real if either input has it real', () => {
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

describe('a graph that does not fit is refused', () => {
  const first = embedding('input');
  const layersOf =
    (...layers: object[]) =>
    () =>
      build({ input: tokens, layers: [first, ...layers], task });
  const cases: [string, () => unknown, string][] = [
    [
      'an unknown name',
      layersOf({ type: 'gru', units: 2, from: 'embeding_0' }),
      "layer 1 'gru_0': from: there is no layer or input 'embeding_0'. Did you mean 'embedding_0'?",
    ],
    [
      'an unknown initial state',
      layersOf({ type: 'gru', units: 2, initialState: 'encoder' }),
      "layer 1 'gru_0': initialState: there is no layer or input 'encoder'. Valid are: input, embedding_0, gru_0.",
    ],
    [
      'a circle',
      layersOf(
        { type: 'gru', name: 'a', units: 4, returnSequences: true, from: 'b' },
        { type: 'gru', name: 'b', units: 4, returnSequences: true, from: 'a' },
        { type: 'add', from: ['a', 'embedding_0'] },
      ),
      'layers read each other in a circle: a ← b ← a',
    ],
    [
      'a layer that reads itself',
      layersOf({ type: 'gru', name: 'a', units: 4, initialState: 'a' }),
      'layers read each other in a circle: a ← a',
    ],
    [
      'an output that nobody reads',
      layersOf({ type: 'gru', units: 2 }, { type: 'gru', units: 3, from: 'embedding_0' }),
      "layer 1 'gru_0': nobody reads its output; name it in the 'from' of another layer, make it an output or remove it",
    ],
    [
      'widths that differ',
      layersOf({ type: 'gru', units: 2, returnSequences: true }, { type: 'add', from: ['embedding_0', 'gru_0'] }),
      "layer 2 'add_0': expected inputs of one width, got 4, 2 features",
    ],
    [
      'kinds that differ',
      layersOf({ type: 'gru', units: 4 }, { type: 'add', from: ['embedding_0', 'gru_0'] }),
      'expected sequences only or vectors only, got both',
    ],
    ['a merge of one', layersOf({ type: 'add' }), "layer 1 'add_0': expected at least two inputs, got 1"],
    [
      'two inputs for a layer of one',
      layersOf({ type: 'gru', units: 2, from: ['embedding_0', 'embedding_0'] }),
      "layer 1 'gru_0': it reads one input, got 2",
    ],
    [
      'a state of another width',
      layersOf({ type: 'gru', units: 2 }, { type: 'lstm', units: 3, from: 'embedding_0', initialState: 'gru_0' }),
      "layer 2 'lstm_0': initialState: expected [batch, 3] and [batch, 3], got [batch, 2] from 'gru_0'",
    ],
    [
      'a state from a sequence',
      layersOf({ type: 'gru', units: 4, initialState: 'embedding_0' }),
      "initialState: expected a recurrent layer or a vector [batch, n], got a sequence [batch, time, 4] from 'embedding_0'",
    ],
    [
      'reuse of a layer on another width',
      layersOf({ type: 'dense', units: 2 }, { type: 'reuse', layer: 'dense_0' }),
      "layer 2 'reuse_0': expected inputs as 'dense_0' reads them: its kernel is [4,2], these inputs need [2,2]",
    ],
    ['reuse of an unknown layer', layersOf({ type: 'reuse', layer: 'gru' }), "layer 1 'reuse_0': there is no layer 'gru'."],
    [
      'reuse of batch statistics',
      layersOf({ type: 'batchNormalization' }, { type: 'reuse', layer: 'batchNormalization_0' }),
      "layer 2 'reuse_0': 'batchNormalization_0' follows averages of its inputs (movingMean), so it cannot be reused on others",
    ],
    [
      'logits tied to another layer',
      layersOf({ type: 'gru', units: 4 }, { type: 'tiedDense', embedding: 'gru_0' }),
      "expected the name of an embedding, got 'gru_0' (gru)",
    ],
    [
      'logits tied to another width',
      layersOf({ type: 'gru', units: 3 }, { type: 'tiedDense', embedding: 'embedding_0' }),
      "expected 4 features, the outputDim of embedding 'embedding_0', got 3",
    ],
    [
      'a layer named as the input',
      layersOf({ type: 'gru', name: 'input', units: 2 }),
      "a layer and an input are named 'input'; rename one",
    ],
    [
      'input and inputs',
      () => build({ input: tokens, inputs: { a: tokens }, layers: [first], task }),
      "expected either 'input' or 'inputs'",
    ],
    ['no task', () => build({ input: tokens, layers: [first] }), "expected either 'task' or 'outputs'"],
    [
      'a first layer that does not say what it reads',
      () => build({ inputs: { a: tokens, b: tokens }, layers: [{ type: 'embedding', inputDim: 9, outputDim: 4 }], task }),
      "layer 0 'embedding_0': the model has several inputs; say which one it reads: from: 'a' or 'b'",
    ],
    [
      'an input that nobody reads',
      () => build({ inputs: { a: tokens, b: tokens }, layers: [embedding('a')], task }),
      "inputs: no layer reads 'b'; name it in the 'from' of a layer or remove it",
    ],
    [
      'outputs of two kinds',
      () =>
        build({
          input: tokens,
          layers: [first, { type: 'gru', units: 2 }],
          outputs: { a: { from: 'embedding_0', task }, b: { from: 'gru_0', task } },
        }),
      'outputs: expected sequences only or vectors only',
    ],
    [
      'an output of an unknown layer',
      () => build({ input: tokens, layers: [first], outputs: { a: { from: 'embedding', task } } }),
      "outputs: there is no layer or input 'embedding'. Did you mean 'embedding_0'?",
    ],
  ];
  test.each(cases)('%s', (_, attempt, message) => {
    expect(attempt).toThrow(message);
  });
});
