import * as tf from '@tensorflow/tfjs-core';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import { describe, expect, test } from 'vitest';
import { inputTensors } from '../batch/inputs.ts';
import { createModel } from '../model.ts';
import { parseModelSpec } from '../spec.ts';
import { createGenerator } from './generator.ts';

await startWasmBackend(compileWasmModules());

const tokenizer = new Tokenizer({ charLevel: true });
tokenizer.fitOnTexts(['abc de']);
const spec = parseModelSpec({
  input: { type: 'tokens', maxLength: 100 },
  layers: [
    { type: 'embedding', inputDim: tokenizer.vocabularySize, outputDim: 6, embeddingsInitializer: 'standardNormal' },
    { type: 'lstm', units: 8, returnSequences: true },
    { type: 'gru', units: 8, returnSequences: true },
    { type: 'dense', units: tokenizer.vocabularySize },
  ],
  task: { type: 'generate' },
});
const model = createModel(spec);
const init = model.init(5);
const weights = Object.fromEntries(
  model.weights.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape, values: init[name] as Float32Array }]),
);
const artifact = { name: 'writer', spec, tokenizer: { ...tokenizer.toJSON() }, weights };

describe('a generator', () => {
  const generator = createGenerator(artifact);
  const write = (options: Partial<Parameters<typeof generator.generate>[0]>) =>
    [...generator.generate({ prompt: 'ab', length: 30, ...options })].join('');

  test('at temperature 0 writes the same text as reading everything again at each token', () => {
    const params = Object.fromEntries(model.weights.map(({ name, shape }) => [name, tf.tensor(init[name] as Float32Array, shape)]));
    let text = 'ab';
    for (let i = 0; i < 30; i++) {
      const ids = tokenizer.encode(tokenizer.tokenize(text));
      const logits = tf.tidy(
        () => model.apply(params, inputTensors([{ values: ids, steps: ids.length }], 0).inputs).outputs.dataSync() as Float32Array,
      );
      const last = logits.slice(-tokenizer.vocabularySize);
      last[0] = Number.NEGATIVE_INFINITY;
      text += tokenizer.textOf(last.indexOf(Math.max(...last)), true);
    }
    expect(write({ temperature: 0 })).toBe(text.slice(2));
  });

  test('the same seed gives the same text, another seed another text', () => {
    expect(write({ seed: 1 })).toBe(write({ seed: 1 }));
    expect(write({ seed: 1 })).not.toBe(write({ seed: 2 }));
  });

  test('keeps no tensors, also when its reader stops early', () => {
    const before = tf.memory().numTensors;
    for (const _ of generator.generate({ prompt: 'a', length: 9 })) break;
    write({});
    expect(tf.memory().numTensors).toBe(before);
  });

  test('needs a prompt with something it knows', () => {
    expect(() => write({ prompt: 'xyz' })).toThrow('the prompt holds no token that the model knows');
  });
});

test('a model that would see the token it must predict is refused', () => {
  const layers = [
    ...spec.layers.slice(0, 1),
    { type: 'bidirectional' as const, layer: { type: 'gru' as const, units: 4, returnSequences: true } },
    ...spec.layers.slice(3),
  ];
  expect(() => createGenerator({ ...artifact, spec: { ...spec, layers } })).toThrow(/missing|reads its input backwards/);
});
