/** Attention layers against Keras 3, by themselves, on padding, step by step and as one query. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import golden from '../../goldens/attention.json' with { type: 'json' };
import { attentionCase } from '../../testing/attention-golden.ts';
import { formulaParams, wave } from '../../testing/golden-formulas.ts';
import { createModel, type Model } from '../model.ts';
import { type ModelSpecInput, parseModelSpec } from '../spec.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

type Layer = ModelSpecInput['layers'][number];
const numbers = (tensor: tf.Tensor) => Array.from(tensor.dataSync());
const difference = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(actual.length).toBe(expected.length);
  return Array.from(expected).reduce((most, value, i) => Math.max(most, Math.abs(value - (actual[i] ?? Number.NaN))), 0);
};

describe('as Keras 3', () => {
  test.each(golden.layers.map((entry) => [entry.name, entry] as const))('%s', (_, entry) => {
    tf.tidy(() => {
      const { model, inputs } = attentionCase(entry);
      const sizes = (shape: readonly number[]) => shape.reduce((size, axis) => size * axis, 1);
      expect(model.weights.map(({ shape }) => sizes(shape))).toEqual(entry.kerasShapes.map(sizes));
      let weights: tf.Tensor | undefined;
      const { outputs, mask } = model.apply(formulaParams(model.weights), inputs, {
        inspectAttention: (_, given) => {
          weights = given;
        },
      });
      expect(outputs.shape).toEqual(entry.shape);
      expect(mask).toBe(inputs.query?.mask);
      expect(difference(outputs.dataSync(), entry.output)).toBeLessThan(2e-6);
      // Here the weights of a padded query are 0.
      const queries = Array.from(entry.masks.query?.flat() ?? new Array(entry.weights.length).fill(1));
      const expected = entry.weights.map((weight, i) => (queries[Math.floor((i / entry.weights.length) * queries.length)] ? weight : 0));
      expect(difference((weights as tf.Tensor).dataSync(), expected)).toBeLessThan(2e-6);
    });
  });
});

const layers: [string, Layer][] = [
  ['dot', { type: 'attention' }],
  ['general', { type: 'attention', score: 'general' }],
  ['concat', { type: 'attention', score: 'concat', useScale: true }],
  ['additive', { type: 'attention', score: 'additive' }],
  ['additive with units', { type: 'attention', score: 'additive', units: 5 }],
  ['multiHeadAttention', { type: 'multiHeadAttention', numHeads: 2, keyDim: 3, valueDim: 2 }],
];

const D = 4;
const features = { type: 'features', features: D, maxLength: 20 } as const;
const task = { type: 'classify', labels: ['a', 'b'] } as const;
const modelOf = (...stack: Layer[]): Model =>
  createModel(parseModelSpec({ inputs: { query: features, value: features }, layers: stack, task }));
const ragged = (lengths: readonly number[], T: number) =>
  tf.tensor2d(
    lengths.map((length) => Array.from({ length: T }, (_, t) => t < length)),
    [lengths.length, T],
    'bool',
  );
/** A wave, NaN at padded steps. */
function padded(lengths: readonly number[], T: number, phase: number) {
  const values = Float32Array.from({ length: lengths.length * T * D }, (_, i) => {
    const [b, t] = [Math.floor(i / (T * D)), Math.floor(i / D) % T];
    return t < (lengths[b] as number) ? Math.sin(i * 1.3 + phase) : Number.NaN;
  });
  return { values: tf.tensor3d(values, [lengths.length, T, D]), mask: ragged(lengths, T) };
}

describe.each(layers)('%s', (_, layer) => {
  const attend = { ...layer, from: ['query', 'value'] } as Layer;

  test('rows of a padded batch have the outputs that they have by themselves, whatever the padding holds', () => {
    const lengths = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(lengths, fc.boolean(), (rows, causal) => {
        tf.tidy(() => {
          const model = modelOf({ ...attend, causal } as Layer);
          const params = formulaParams(model.weights);
          const [queries, values] = [rows.map(([own]) => own), rows.map(([, own]) => own)];
          const query = padded(queries, Math.max(...queries) + 1, 0.5);
          const value = padded(values, Math.max(...values) + 2, 1.5);
          const { outputs } = model.apply(params, { query, value });
          for (const [b, [Tq, Tv]] of rows.entries()) {
            const row = (x: tf.Tensor, T: number) => tf.slice(x, [b, 0, 0], [1, T, D]);
            const alone = model.apply(params, { query: { values: row(query.values, Tq) }, value: { values: row(value.values, Tv) } });
            expect(difference(numbers(row(outputs, Tq)), numbers(alone.outputs))).toBeLessThan(1e-5);
          }
        });
      }),
      { numRuns: 20 },
    );
  });

  test('a row without a real step attends to nothing', () => {
    const model = modelOf(attend);
    const query = { values: wave([2, 3, D], 0.5) };
    let weights: number[] = [];
    const outputs = model.apply(
      formulaParams(model.weights),
      { query, value: padded([0, 2], 2, 1.5) },
      {
        inspectAttention: (name, given) => {
          expect(name).toBe(`${layer.type}_0`);
          weights = numbers(given);
        },
      },
    ).outputs;
    expect(weights.slice(0, weights.length / 2).every((weight) => weight === 0)).toBe(true);
    expect(numbers(outputs).every(Number.isFinite)).toBe(true);
    if (layer.type === 'attention') expect(numbers(outputs).slice(0, 3 * D)).toEqual(new Array(3 * D).fill(0));
  });

  test('a query in pieces gives what it gives at once, after encoding the value once', () => {
    const model = modelOf({ type: 'gru', units: D, returnSequences: true, from: 'query' }, {
      ...attend,
      from: ['gru_0', 'value'],
    } as Layer);
    expect([model.streamed, model.resumes]).toEqual([['query'], true]);
    const params = formulaParams(model.weights);
    const query = wave([2, 5, D], 0.5);
    const value = padded([3, 4], 4, 1.5);
    const whole = model.apply(params, { query: { values: query }, value }).outputs;
    const encoded = model.encode(params, { value });
    let state: Record<string, tf.Tensor2D[]> = {};
    const pieces = [0, 1, 3].map((from, i) => {
      const values = tf.slice(query, [0, from, 0], [2, [1, 2, 2][i] as number, D]);
      const piece = model.apply(params, { query: { values } }, { encoded, state, everyStep: true });
      state = piece.state;
      return piece.outputs;
    });
    expect(difference(numbers(tf.concat(pieces, 1)), numbers(whole))).toBeLessThan(1e-6);
  });

  test('one query is a vector, at every step the vector of that step', () => {
    const model = modelOf({ type: 'gru', units: D, from: 'query' }, { ...attend, from: ['gru_0', 'value'] } as Layer);
    expect(model.output).toEqual({ kind: 'vector', features: D });
    const params = formulaParams(model.weights);
    const query = wave([2, 3, D], 0.5);
    const value = padded([3, 4], 4, 1.5);
    const every = model.apply(params, { query: { values: query }, value }, { everyStep: true }).outputs;
    for (const T of [1, 2, 3]) {
      const { outputs } = model.apply(params, { query: { values: tf.slice(query, [0, 0, 0], [2, T, D]) }, value });
      expect(outputs.shape).toEqual([2, D]);
      expect(difference(numbers(outputs), numbers(tf.slice(every, [0, T - 1, 0], [2, 1, D])))).toBeLessThan(1e-6);
    }
  });

  test('causal attention to itself depends on earlier steps alone, and cannot resume', () => {
    const model = createModel(
      parseModelSpec({ input: features, layers: [{ ...layer, from: ['input', 'input'], causal: true } as Layer], task }),
    );
    expect([model.causal, model.resumes, model.notResumable]).toEqual([true, false, `layer '${layer.type}_0' needs all steps at once`]);
    const params = formulaParams(model.weights);
    const x = wave([1, 5, D], 0.5);
    const whole = model.apply(params, x, { everyStep: true }).outputs;
    const prefix = model.apply(params, tf.slice(x, [0, 0, 0], [1, 3, D])).outputs;
    expect(difference(numbers(prefix), numbers(tf.slice(whole, [0, 0, 0], [1, 3, D])))).toBeLessThan(1e-6);
  });

  test('plain tfjs gives the same', async () => {
    const model = modelOf(attend);
    const run = () =>
      numbers(model.apply(formulaParams(model.weights), { query: padded([3, 2], 3, 0.5), value: padded([1, 4], 4, 1.5) }).outputs);
    const expected = run();
    await tf.setBackend('cpu');
    const plain = run();
    await tf.setBackend('wasm');
    expect(difference(plain, expected)).toBeLessThan(1e-5);
  });
});

test('attention to whole inputs does not stream them', () => {
  const model = createModel(parseModelSpec({ input: features, layers: [{ type: 'attention', from: ['input', 'input'] }], task }));
  expect(model.notCausal).toBe("layer 'attention_0' needs the whole input before it answers");
});

test('NaN at a real step stays NaN', () => {
  const model = modelOf({ type: 'attention', from: ['query', 'value'] });
  const value = { values: tf.fill<tf.Rank.R3>([1, 2, D], Number.NaN), mask: ragged([1], 2) };
  expect(numbers(model.apply({}, { query: { values: wave([1, 1, D], 0.5) }, value }).outputs).every(Number.isNaN)).toBe(true);
});

const wide: Layer = { type: 'dense', name: 'wide', from: 'value', units: 6 };
const summary: Layer = { type: 'pooling', name: 'summary', from: 'value', modes: ['last'] };
test.each<[string, Layer[], string]>([
  [
    'one input',
    [{ ...wide, units: 4 }, { type: 'add', from: ['query', 'wide'] }, { type: 'attention' }],
    'expected from: [query, value] or [query, value, key], got 1 input',
  ],
  ['four inputs', [{ type: 'attention', from: ['query', 'value', 'value', 'value'] }], 'got 4 inputs'],
  [
    'widths that differ',
    [wide, { type: 'attention', from: ['query', 'wide'] }],
    "score 'dot': expected a query and a key of one width, got 4 and 6 features; use score 'general'",
  ],
  [
    'widths that differ, added',
    [wide, { type: 'attention', from: ['query', 'wide'], score: 'additive' }],
    "score 'additive': expected a query and a key of one width, got 4 and 6 features; set 'units'",
  ],
  ['units of a product', [{ type: 'attention', from: ['query', 'value'], units: 3 }], "units apply to score 'additive', got score 'dot'"],
  [
    'a scale of a matrix',
    [{ type: 'attention', from: ['query', 'value'], score: 'general', useScale: true }],
    "useScale does not apply to score 'general'",
  ],
  [
    'a vector as the value',
    [summary, { type: 'attention', from: ['query', 'summary'] }],
    'value: expected a sequence [batch, time, n], got a vector [batch, 4]',
  ],
  [
    'a causal vector',
    [summary, { type: 'attention', from: ['summary', 'query'], causal: true }],
    'expected a sequence as the query of causal attention, got a vector',
  ],
])('%s: refused', (_, stack, message) => {
  expect(() => modelOf(...stack)).toThrow(message);
});

test('a key of other steps than the value is refused', () => {
  const inputs = { query: features, value: features, key: features };
  const layer = { type: 'attention', from: ['query', 'value', 'key'] } as const;
  const model = createModel(parseModelSpec({ inputs, layers: [layer], task }));
  const given = { query: { values: wave([1, 2, D], 0) }, value: { values: wave([1, 3, D], 0) }, key: { values: wave([1, 4, D], 0) } };
  expect(() => model.apply({}, given)).toThrow('expected a key for each step of the value, got 4 keys and 3 values');
  const fixed = (maxLength: number) => ({ ...features, maxLength, fixedLength: true });
  expect(() => createModel(parseModelSpec({ inputs: { ...inputs, value: fixed(3), key: fixed(4) }, layers: [layer], task }))).toThrow(
    "layer 0 'attention_0': expected a key for each step of the value, got 4 keys and 3 values",
  );
});
