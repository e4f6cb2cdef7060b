import * as tf from '@tensorflow/tfjs-core';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import { beforeAll, expect, test } from 'vitest';
import { createModel } from '../model.ts';
import { type ModelSpecInput, parseModelSpec } from '../spec.ts';
import type { Translation } from '../tasks/translate.ts';
import { createPredictor } from './predictor.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const fitted = (text: string) => {
  const tokenizer = new Tokenizer();
  tokenizer.fitOnTexts([text]);
  return tokenizer;
};
const german = fitted('der hund schläft im haus');
const english = fitted('the dog sleeps in a house');
const [start, end] = [english.vocabularySize, english.vocabularySize + 1];
const words = { type: 'embedding', embeddingsInitializer: 'standardNormal', maskZero: true, outputDim: 6 } as const;

/** A translator whose decoder attends to its encoder, twice. */
function attending(layer: ModelSpecInput['layers'][number]) {
  const spec = parseModelSpec({
    inputs: { source: { type: 'tokens', maxLength: 8 }, target: { type: 'tokens', maxLength: 6 } },
    layers: [
      { ...words, from: 'source', inputDim: german.vocabularySize },
      { type: 'bidirectional', name: 'encoder', layer: { type: 'gru', units: 4, returnSequences: true } },
      { ...words, from: 'target', inputDim: end + 1 },
      { type: 'gru', name: 'decoder', units: 8, returnSequences: true, initialState: 'encoder' },
      { type: 'attention', name: 'first', from: ['decoder', 'encoder'] },
      { ...layer, name: 'last', from: ['first', 'encoder'] } as ModelSpecInput['layers'][number],
      { type: 'concatenate', from: ['decoder', 'last'] },
      { type: 'dense', units: end + 1, kernelInitializer: 'standardNormal' },
    ],
    task: { type: 'translate', start, end },
  });
  const model = createModel(spec);
  const init = model.init(3);
  const weights = Object.fromEntries(
    model.weights.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape, values: init[name] as Float32Array }]),
  );
  const tokenizers = { source: { ...german.toJSON() }, target: { ...english.toJSON() } };
  const params = Object.fromEntries(model.weights.map(({ name, shape }) => [name, tf.tensor(init[name] as Float32Array, shape)]));
  return { model, params, predictor: createPredictor({ name: 'attending', spec, tokenizers, weights }) };
}

test.each<[string, ModelSpecInput['layers'][number]]>([
  ['one head', { type: 'attention', score: 'general' }],
  ['the mean of several heads', { type: 'multiHeadAttention', numHeads: 3, keyDim: 2 }],
])('the weights of %s are those of reading the whole translation at once, whatever the beam and the other texts', (_, layer) => {
  const { model, params, predictor } = attending(layer);
  const texts = ['haus', 'der hund schläft im haus', 'der hund'];
  const before = tf.memory().numTensors;
  const predictions = predictor.predict(texts, { search: { beam: 4, attention: true } }).predictions as Translation[];
  expect(tf.memory().numTensors).toBe(before);
  expect(predictions.some(({ attention }) => (attention?.target.length ?? 0) > 1)).toBe(true);
  for (const [i, text] of texts.entries()) {
    const { source, target, weights } = predictions[i]?.attention ?? { source: [], target: [], weights: [] };
    expect(source).toEqual(text.split(' '));
    tf.tidy(() => {
      const ids = (values: number[]) => ({ values: tf.tensor2d([values], undefined, 'int32') });
      const inputs = { source: ids(german.encode(source)), target: ids([start, ...english.encode(target)]) };
      let last: tf.Tensor | undefined;
      model.apply(params, inputs, {
        inspectAttention(name, given) {
          if (name === 'last') last = given.rank === 4 ? tf.mean(given, 1) : given;
        },
      });
      const expected = Array.from((last as tf.Tensor).dataSync()).slice(0, target.length * source.length);
      expect(weights.flat()).toHaveLength(expected.length);
      for (const [at, weight] of weights.flat().entries()) expect(weight).toBeCloseTo(expected[at] as number, 5);
    });
  }
});
