import * as tf from '@tensorflow/tfjs-core';
import { quantizeWeights } from '@unroll/artifact/quantize.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { createModel } from './model.ts';
import { createPredictor } from './predictor.ts';
import { parseModelSpec } from './spec.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const tokenizer = new Tokenizer();
tokenizer.fitOnTexts(['one two three four five six seven']);
const spec = parseModelSpec({
  input: { type: 'tokens', maxLength: 4 },
  layers: [
    { type: 'embedding', inputDim: tokenizer.vocabularySize, outputDim: 3, maskZero: true, embeddingsInitializer: 'glorotUniform' },
    { type: 'gru', units: 4 },
    { type: 'dense', units: 1 },
  ],
  task: { type: 'classify', labels: ['no', 'yes'] },
});
const model = createModel(spec);
const init = model.init(3);
const weights = Object.fromEntries(
  model.weights.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape, values: init[name] as Float32Array }]),
);
const artifact = { name: 'numbers', spec, tokenizer: { ...tokenizer.toJSON() }, weights };

test('a batch answers as each text alone, whatever the lengths', () => {
  const predictor = createPredictor(artifact);
  const texts = ['one two three', '', 'seven', 'unknown words only', 'one two three four five six'];
  const batch = predictor.predictTexts(texts);
  for (const [i, text] of texts.entries()) {
    const [alone] = predictor.predictTexts([text]);
    expect(batch[i]?.prediction.probabilities.yes).toBeCloseTo(alone?.prediction.probabilities.yes as number, 6);
  }
  expect(batch[1]?.prediction).toEqual(batch[3]?.prediction);
  expect(predictor.predictTexts([])).toEqual([]);
});

test('steps end in the answer, one for each token read', () => {
  const predictor = createPredictor(artifact);
  const [answer] = predictor.predictTexts(['One unknown two, THREE four five!'], true);
  expect(answer?.steps?.map(({ token }) => token)).toEqual(['one', 'two', 'three', 'four']);
  expect(answer?.steps?.at(-1)?.prediction).toEqual(answer?.prediction);
  const [plain] = predictor.predictTexts(['one two three four']);
  expect(plain?.prediction.probabilities.yes).toBeCloseTo(answer?.prediction.probabilities.yes as number, 6);
  expect(predictor.predictTexts([''], true)).toEqual([{ prediction: expect.anything(), steps: [] }]);
});

test('int8 weights answer nearly as float32 ones', () => {
  const [float] = createPredictor(artifact).predictTexts(['one two three']);
  const [int8] = createPredictor({ ...artifact, weights: quantizeWeights(weights) }).predictTexts(['one two three']);
  const difference = Math.abs((float?.prediction.probabilities.yes as number) - (int8?.prediction.probabilities.yes as number));
  expect(difference).toBeGreaterThan(0);
  expect(difference).toBeLessThan(0.01);
});

test('dispose frees every tensor', () => {
  const before = tf.memory().numTensors;
  const predictor = createPredictor(artifact);
  predictor.predictTexts(['one'], true);
  predictor.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

describe('an artifact whose parts do not fit is refused', () => {
  const { 'gru_0/bias': _, ...withoutBias } = weights;
  const cases: [string, Partial<typeof artifact>, string][] = [
    ['a missing weight', { weights: withoutBias as typeof weights }, "weight 'gru_0/bias' [2,12] is missing"],
    [
      'a weight of another shape',
      { weights: { ...weights, 'dense_0/bias': { dtype: 'float32', shape: [2], values: new Float32Array(2) } } },
      "weight 'dense_0/bias' is [2] in the file, its spec wants [1]",
    ],
    ['a spec that is none', { spec: { input: 1 } as never }, "the spec inside model 'numbers' is not valid"],
    ['no tokenizer', { tokenizer: undefined as never }, 'holds no tokenizer'],
    [
      'a tokenizer with more words',
      { tokenizer: { ...tokenizer.toJSON(), words: Array.from({ length: 99 }, (_, i) => `w${i}`) } },
      'its embedding has 8 rows, its tokenizer gives ids up to 99',
    ],
  ];
  test.each(cases)('%s', (_, change, message) => {
    expect(() => createPredictor({ ...artifact, ...change })).toThrow(message);
  });
});
