import * as tf from '@tensorflow/tfjs-core';
import { quantizeWeights } from '@unroll/artifact/quantize.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { createModel } from '../model.ts';
import { InputError } from '../readers/input-error.ts';
import { type ModelSpecInput, parseModelSpec } from '../spec.ts';
import type { Classification } from '../tasks/classify.ts';
import { type Answer, createPredictor } from './predictor.ts';
import type { RunnerOptions, ServedArtifact } from './runner.ts';
import type { ServingCost } from './serving-cost.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const tokenizer = new Tokenizer();
tokenizer.fitOnTexts(['one two three four five six seven']);

const embedding = {
  type: 'embedding' as const,
  ...{ inputDim: tokenizer.vocabularySize, outputDim: 3, maskZero: true },
  embeddingsInitializer: 'glorotUniform' as const,
};

/** A model file of a spec, with weights of its own initializers. */
function artifactOf(input: ModelSpecInput, seed = 3) {
  const spec = parseModelSpec(input);
  const model = createModel(spec);
  const init = model.init(seed);
  const weights = Object.fromEntries(
    model.weights.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape, values: init[name] as Float32Array }]),
  );
  return { name: 'numbers', spec, tokenizer: { ...tokenizer.toJSON() }, weights };
}

const spec: ModelSpecInput = {
  input: { type: 'tokens', maxLength: 4 },
  layers: [embedding, { type: 'gru', units: 4 }, { type: 'dense', units: 1 }],
  task: { type: 'classify', labels: ['no', 'yes'] },
};
const artifact = artifactOf(spec);

/** A classifier's predictor with typed answers. */
function classifierOf(given: ServedArtifact, options: RunnerOptions = {}) {
  const predictor = createPredictor(given, options);
  const predict = (inputs: readonly unknown[], everyStep = false) =>
    predictor.predict(inputs, { everyStep }).predictions as Answer<Classification>[];
  return { ...predictor, predict };
}

describe('a classifier of texts', () => {
  test('a text gets the same answer in a batch as alone, for any lengths', () => {
    for (const maskZero of [true, false]) {
      const { predict } = classifierOf(artifactOf({ ...spec, layers: [{ ...embedding, maskZero }, ...spec.layers.slice(1)] }));
      const texts = ['one two three', 'seven', 'two one', 'one two three four five six'];
      const batch = predict(texts);
      for (const [i, text] of texts.entries()) {
        expect(batch[i]?.probabilities.yes).toBeCloseTo(predict([text])[0]?.probabilities.yes as number, 6);
      }
      expect(predict([])).toEqual([]);
      for (const nothing of ['', ' ,;\n', 'unknown words only']) {
        expect(() => predict(['one', nothing])).toThrow(new InputError('input 1 holds no token that the model knows'));
        expect(() => predict([nothing])).toThrow(new InputError('the input holds no token that the model knows'));
      }
    }
  });

  test('steps end in the answer, one for each token read', () => {
    const { predict } = classifierOf(artifact);
    const [answer] = predict(['One unknown two, THREE four five!'], true);
    expect(answer?.steps?.map(({ token }) => token)).toEqual(['one', 'two', 'three', 'four']);
    const { steps, truncated, ...last } = answer as Answer<Classification>;
    expect(truncated).toEqual({ read: 4, of: 5 });
    expect(steps?.at(-1)).toEqual({ token: 'four', ...last });
    const [plain] = predict(['one two three four']);
    expect(plain?.probabilities.yes).toBeCloseTo(answer?.probabilities.yes as number, 6);
    expect(plain).not.toHaveProperty('truncated');
  });

  test('steps mark tokens that were read as unknown', () => {
    const withOov = new Tokenizer({ oovToken: '[UNK]', numWords: 4 });
    withOov.fitOnTexts(['one two three four', 'one two', 'one']);
    const { predict } = classifierOf({ ...artifact, tokenizer: { ...withOov.toJSON() } });
    const [answer] = predict(['One zorblax TWO four'], true);
    expect(answer?.steps?.map(({ token, unknown }) => [token, unknown])).toEqual([
      ['one', undefined],
      ['zorblax', true],
      ['two', undefined],
      ['four', true],
    ]);
  });

  test('int8 weights answer nearly as float32 ones', () => {
    const [float] = classifierOf(artifact).predict(['one two three']);
    const [int8] = classifierOf({ ...artifact, weights: quantizeWeights(artifact.weights) }).predict(['one two three']);
    const difference = Math.abs((float?.probabilities.yes as number) - (int8?.probabilities.yes as number));
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(0.01);
  });

  test('dispose frees every tensor', () => {
    const before = tf.memory().numTensors;
    const predictor = createPredictor(artifact);
    predictor.predict(['one'], { everyStep: true, state: 'new' });
    predictor.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a state continues from the earlier input', () => {
  const modes = ['average', 'max', 'last'] as const;
  const stacks: [string, ModelSpecInput['layers']][] = [
    [
      'a stack of cells',
      [
        { type: 'lstm', units: 5, returnSequences: true },
        { type: 'gru', units: 4 },
      ],
    ],
    [
      'pooling',
      [
        { type: 'simpleRNN', units: 5, returnSequences: true },
        { type: 'pooling', modes: [...modes] },
      ],
    ],
  ];
  for (const [name, layers] of stacks) {
    for (const maskZero of [true, false]) {
      test(`${name}, ${maskZero ? 'with' : 'without'} masks, in chunks of any length`, () => {
        const model = artifactOf({ ...spec, layers: [{ ...embedding, maskZero }, ...layers, { type: 'dense', units: 1 }] });
        const predictor = createPredictor({ ...model, spec: { ...model.spec, input: { type: 'tokens', maxLength: 20 } } });
        const chunks = [
          ['one two', 'seven'],
          ['three', 'six five four'],
          ['four five one', 'one two three'],
        ];
        let state: Float32Array | 'new' = 'new';
        const steps: unknown[][] = [[], []];
        let last: Answer[] = [];
        for (const chunk of chunks) {
          const { predictions, state: next } = predictor.predict(chunk, { state, everyStep: true });
          expect(next).toHaveLength(2 * predictor.stateSize);
          state = next as Float32Array;
          last = predictions;
          for (const [row, prediction] of predictions.entries()) steps[row]?.push(...(prediction.steps ?? []));
        }
        const whole = chunks[0]?.map((_, row) => chunks.map((chunk) => chunk[row]).join(' ')) as string[];
        const { predictions } = predictor.predict(whole, { everyStep: true });
        const probability = (step: unknown) => (step as Classification).probabilities.yes as number;
        for (const [row, prediction] of predictions.entries()) {
          expect(probability(last[row])).toBeCloseTo(probability(prediction), 6);
          expect(steps[row]).toHaveLength(prediction.steps?.length as number);
          for (const [t, step] of (prediction.steps ?? []).entries()) {
            expect(probability(steps[row]?.[t])).toBeCloseTo(probability(step), 6);
          }
        }
      });
    }
  }

  test('an input without a token leaves it as it is', () => {
    const predictor = createPredictor(artifact);
    const { state } = predictor.predict(['one two'], { state: 'new' });
    expect(predictor.predict([''], { state }).state).toEqual(state);
    expect(() => predictor.predict([''], { state: 'new' })).toThrow('the input holds no token');
  });

  test('of another size, or for a model that reads backwards, is refused', () => {
    const predictor = createPredictor(artifact);
    expect(() => predictor.predict(['one'], { state: new Float32Array(3) })).toThrow('state: expected 1 rows of 4 numbers, got 3');
    const both = createPredictor(
      artifactOf({
        ...spec,
        layers: [embedding, { type: 'bidirectional', layer: { type: 'gru', units: 4 } }, { type: 'dense', units: 1 }],
      }),
    );
    expect(() => both.predict(['one'], { state: 'new' })).toThrow("layer 'bidirectional_0' needs the whole input");
    expect(() => both.predict(['one'], { everyStep: true })).toThrow("layer 'bidirectional_0' needs the whole input");
  });
});

describe('other inputs and tasks', () => {
  test('rows of features, in a batch as alone', () => {
    const predictor = createPredictor(
      artifactOf({
        input: { type: 'features', features: 2, maxLength: 3 },
        layers: [
          { type: 'gru', units: 4 },
          { type: 'dense', units: 2 },
        ],
        task: { type: 'classify', labels: ['a', 'b'] },
      }),
    );
    const inputs = [
      [[1, 2]],
      [
        [0.5, -1],
        [1, 1],
        [2, 0],
      ],
      [
        [3, 0],
        [0, 1],
      ],
    ];
    const together = predictor.predict(inputs).predictions as Classification[];
    for (const [i, input] of inputs.entries()) {
      const [alone] = predictor.predict([input]).predictions as Classification[];
      expect(together[i]?.probabilities.a).toBeCloseTo(alone?.probabilities.a as number, 6);
    }
    expect(v.is(predictor.reader.schema, [[1]])).toBe(false);
    expect(v.is(predictor.reader.schema, inputs[0])).toBe(true);
  });

  test('tags: an answer for every token', () => {
    const predictor = createPredictor(
      artifactOf({
        ...spec,
        layers: [
          embedding,
          { type: 'bidirectional', layer: { type: 'gru', units: 4, returnSequences: true } },
          { type: 'dense', units: 3 },
        ],
        task: { type: 'tag', labels: ['a', 'b', 'c'] },
      }),
    );
    const [answer] = predictor.predict(['one two three']).predictions;
    expect(answer).toEqual({
      steps: ['one', 'two', 'three'].map((token) => ({ token, label: expect.stringMatching(/^[abc]$/), probability: expect.any(Number) })),
    });
  });

  test('the next token: the most probable ones', () => {
    const predictor = createPredictor(
      artifactOf({
        ...spec,
        layers: [embedding, { type: 'lstm', units: 4, returnSequences: true }, { type: 'dense', units: tokenizer.vocabularySize }],
        task: { type: 'generate' },
      }),
    );
    const [answer] = predictor.predict(['one two']).predictions as [{ next: { token: string; probability: number }[] }];
    expect(answer.next).toHaveLength(tokenizer.vocabularySize);
    const probabilities = answer.next.map(({ probability }) => probability);
    expect(probabilities).toEqual(probabilities.toSorted((a, b) => b - a));
    expect(probabilities.reduce((sum, p) => sum + p)).toBeCloseTo(1, 5);
  });

  test('every reader can read its own example, and a text must be well formed', () => {
    const predictor = createPredictor(artifact);
    expect(predictor.predict([predictor.reader.example]).predictions).toHaveLength(1);
    const { schema } = predictor.reader;
    for (const text of ['', 'a\tb\r\nc', '日本語 👍🏽']) expect(v.is(schema, text)).toBe(true);
    for (const text of ['\ud800', 'a\u0000b', '\u001b[2J', 'x'.repeat(20_001), 5]) expect(v.is(schema, text)).toBe(false);
  });
});

test('the cost is known before it is paid', () => {
  const predictor = createPredictor(artifact);
  let cost: ServingCost = { multiplyAdds: 0, bytes: 0 };
  const refuse = (known: ServingCost) => {
    cost = known;
    throw new Error('too dear');
  };
  expect(() => predictor.predict(['one two three', 'one'], { admit: refuse })).toThrow('too dear');
  const { multiplyAdds, bytes } = cost;
  // Two rows of three steps through a GRU of 3 to 4 units and a unit at the end.
  expect(multiplyAdds).toBe(2 * 3 * (3 * 12 + 4 * 12 + 4));
  const alive = tf.tidy(() => {
    const before = tf.memory().numBytes;
    const params = Object.fromEntries(predictor.model.weights.map(({ name, shape }) => [name, tf.zeros(shape)]));
    const weights = tf.memory().numBytes - before;
    predictor.model.apply(
      params,
      tf.tensor2d(
        [
          [1, 2, 3],
          [1, 0, 0],
        ],
        undefined,
        'int32',
      ),
      { everyStep: true },
    );
    return tf.memory().numBytes - before - weights;
  });
  expect(bytes).toBeGreaterThanOrEqual(alive);
});

describe('an artifact with parts that do not match is refused', () => {
  const { 'gru_0/bias': _, ...withoutBias } = artifact.weights;
  const cases: [string, Partial<typeof artifact>, string][] = [
    ['a missing weight', { weights: withoutBias as typeof artifact.weights }, "weight 'gru_0/bias' [2,12] is missing"],
    [
      'a weight of another shape',
      { weights: { ...artifact.weights, 'dense_0/bias': { dtype: 'float32', shape: [2], values: new Float32Array(2) } } },
      "weight 'dense_0/bias' is [2] in the file, its spec needs [1]",
    ],
    ['a spec that is none', { spec: { input: 1 } as never }, "the spec inside model 'numbers' is not valid"],
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
