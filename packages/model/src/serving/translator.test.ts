import * as tf from '@tensorflow/tfjs-core';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { createModel } from '../model.ts';
import { parseModelSpec } from '../spec.ts';
import type { Translation } from '../tasks/translate.ts';
import { createPredictor } from './predictor.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const fitted = (text: string) => {
  const tokenizer = new Tokenizer({ oovToken: '[UNK]' });
  tokenizer.fitOnTexts([text]);
  return tokenizer;
};
const german = fitted('der hund schläft im haus');
const english = fitted('the dog sleeps in a house');
const [start, end] = [english.vocabularySize, english.vocabularySize + 1];
const words = { embeddingsInitializer: 'standardNormal', maskZero: true, outputDim: 6 } as const;
const tokens = (maxLength: number) => ({ type: 'tokens', maxLength }) as const;

const spec = parseModelSpec({
  inputs: { source: tokens(8), target: tokens(6) },
  layers: [
    { type: 'embedding', from: 'source', inputDim: german.vocabularySize, ...words },
    { type: 'bidirectional', name: 'encoder', layer: { type: 'lstm', units: 4 } },
    { type: 'embedding', from: 'target', inputDim: end + 1, ...words },
    { type: 'lstm', units: 8, returnSequences: true, initialState: 'encoder' },
    { type: 'dense', units: end + 1, kernelInitializer: 'standardNormal' },
  ],
  task: { type: 'translate', start, end },
});
const model = createModel(spec);
const init = model.init(5);
const weights = Object.fromEntries(
  model.weights.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape, values: init[name] as Float32Array }]),
);
const artifact = { name: 'tiny', spec, tokenizers: { source: { ...german.toJSON() }, target: { ...english.toJSON() } }, weights };

describe('a translator', () => {
  const predictor = () => createPredictor(artifact);
  const one = (text: string, search = {}) => predictor().predict([text], { search }).predictions[0] as Translation;

  test('with a beam of 1 writes what reading everything again at each token writes', () => {
    const params = Object.fromEntries(model.weights.map(({ name, shape }) => [name, tf.tensor(init[name] as Float32Array, shape)]));
    const source = german.encode(german.tokenize('der hund schläft'));
    const target = [start];
    while (target.length <= 6) {
      const ids = (values: number[]) => ({ values: tf.tensor2d([values], undefined, 'int32') });
      const { outputs } = model.apply(params, { source: ids(source), target: ids(target) });
      const last = Array.from(tf.slice(outputs, [0, target.length - 1, 0], [1, 1, end + 1]).dataSync());
      for (const id of [0, 1, start]) last[id] = Number.NEGATIVE_INFINITY;
      const best = last.indexOf(Math.max(...last));
      if (best === end) break;
      target.push(best);
    }
    const expected = target.slice(1).map((id, i) => english.textOf(id, i > 0));
    expect(one('der hund schläft', { beam: 1 }).text).toBe(expected.join(''));
  });

  test('does not let an answer depend on the other texts', () => {
    const texts = ['der hund', 'im haus schläft der hund', 'haus'];
    const together = predictor().predict(texts, { search: { beam: 3, nBest: 3 } }).predictions as Translation[];
    for (const [i, text] of texts.entries()) {
      const alone = one(text, { beam: 3, nBest: 3 });
      expect(together[i]?.text).toBe(alone.text);
      expect(together[i]?.alternatives?.map((other) => other.text)).toEqual(alone.alternatives?.map((other) => other.text));
    }
  });

  test('finds a translation that is at least as probable with a wider beam, and ranks what it gives', () => {
    const search = { lengthPenalty: 0 };
    const greedy = one('der hund', { ...search, beam: 1 });
    const wide = one('der hund', { ...search, beam: 8, nBest: 4 });
    expect(wide.logProbability).toBeGreaterThanOrEqual(greedy.logProbability - 1e-5);
    const scores = [wide, ...(wide.alternatives ?? [])].map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });

  test('keeps no tensor', () => {
    const ready = predictor();
    ready.predict(['der hund']);
    const before = tf.memory().numTensors;
    ready.predict(['der hund', 'haus'], { search: { beam: 4 } });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('says what a search costs before it runs', () => {
    const costOf = (search: object) => {
      const costs: number[] = [];
      predictor().predict(['der hund'], { search, admit: (cost) => costs.push(cost.multiplyAdds) });
      return costs[0] as number;
    };
    expect(costOf({ beam: 8 })).toBeGreaterThan(2 * costOf({ beam: 2 }));
    expect(costOf({ maxLength: 6 })).toBeGreaterThan(costOf({ maxLength: 2 }));
  });

  test.each([
    [['hello'], {}, 'the input holds no token that the model knows'],
    [['haus', 'hello'], {}, 'input 1 holds no token that the model knows'],
    [['haus'], { search: { beam: 2, nBest: 3 } }, 'nBest: expected at most the beam, 2, got 3'],
    [['haus'], { search: { maxLength: 7 } }, 'maxLength: this model translates to at most 6 tokens, got 7'],
    [['haus'], { everyStep: true }, 'everyStep: a translation needs the whole text'],
  ])('refuses %o with %o', (texts, options, message) => {
    // With an OOV token an unknown word is a token, but not one that the model knows.
    const { oovToken: _, ...without } = german.toJSON();
    const strict = createPredictor({ ...artifact, tokenizers: { ...artifact.tokenizers, source: { ...without } } });
    expect(() => strict.predict(texts, options)).toThrow(message);
    expect(() => predictor().predict(texts, options)).toThrow(message);
  });
});

describe('a model that cannot translate is refused', () => {
  const withSpec = (changes: object) => () => createPredictor({ ...artifact, spec: parseModelSpec({ ...spec, ...changes }) });
  test('because its target cannot be read step by step', () => {
    const [source, encoder, target, decoder, dense] = spec.layers;
    const layers = [source, encoder, target, { ...decoder, goBackwards: true }, dense];
    expect(withSpec({ layers })).toThrow("expected a model that reads 'target' step by step and all other inputs at once");
  });

  test('because a layer looks back at all of its target', () => {
    const [source, encoder, target, decoder, dense] = spec.layers;
    const self = { type: 'attention', name: 'self', from: ['embedding_1', 'embedding_1'], causal: true };
    const layers = [source, encoder, target, self, decoder, dense];
    expect(withSpec({ layers })).toThrow(
      "expected a model that reads one step of 'target' at a time, but layer 'self' needs all steps at once",
    );
  });

  test('because it has no unit for the end', () => {
    expect(withSpec({ task: { type: 'translate', start, end: end + 1 } })).toThrow(
      `expected a unit for each id up to ${end + 1}, got ${end + 1} units`,
    );
  });

  test('because its file has no tokenizer of the target', () => {
    expect(() => createPredictor({ ...artifact, tokenizers: { source: artifact.tokenizers.source } })).toThrow(
      "its file has no tokenizer of 'target'",
    );
  });
});
