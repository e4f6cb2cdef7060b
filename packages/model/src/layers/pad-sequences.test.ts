import * as tf from '@tensorflow/tfjs-core';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { padSequences } from '@unroll/text/pad-sequences.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { createModel } from '../model.ts';
import { createPredictor } from '../serving/predictor.ts';
import { servingCost } from '../serving/serving-cost.ts';
import { parseModelSpec } from '../spec.ts';
import { padSequencesLayer } from './pad-sequences.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

test('gives the rows of pad_sequences, for any padding of the batch', () => {
  const row = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 });
  const end = fc.constantFrom('pre' as const, 'post' as const);
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 10 }),
      end,
      end,
      (rows, maxlen, padding, truncating) => {
        const layer = padSequencesLayer({ type: 'padSequences', maxlen, padding, truncating }, { kind: 'ids' });
        const batch = padSequences(rows, { padding: 'post' });
        const expected = padSequences(rows, { maxlen, padding, truncating });
        tf.tidy(() => {
          const { values } = layer.apply({}, { values: tf.tensor2d(batch.data, batch.shape, 'int32') }, {} as never);
          expect(values.shape).toEqual(expected.shape);
          expect(values.dtype).toBe('int32');
          expect([...values.dataSync()]).toEqual([...expected.data]);
        });
      },
    ),
  );
});

const spec = parseModelSpec({
  input: { type: 'tokens', maxLength: 20 },
  layers: [
    { type: 'padSequences', maxlen: 6 },
    { type: 'embedding', inputDim: 4, outputDim: 3 },
    { type: 'lstm', units: 4 },
    { type: 'dense', units: 1 },
  ],
  task: { type: 'classify', labels: ['a', 'b'] },
});

test('an answer does not depend on its neighbours, and only the last words of a long text count', () => {
  const model = createModel(spec);
  const init = model.init(1);
  const weights = Object.fromEntries(
    model.weights.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape, values: init[name] as Float32Array }]),
  );
  const tokenizer = new Tokenizer();
  tokenizer.fitOnTexts(['one two three']);
  const predictor = createPredictor({ name: 'x', spec: { ...spec }, tokenizer: { ...tokenizer.toJSON() }, weights });
  const long = 'three two one two three one one two';
  const texts = ['one', 'two one', long, 'one two three one one two'];
  const together = predictor.predict(texts).predictions;
  expect(together).toEqual(texts.map((text) => predictor.predict([text]).predictions[0]));
  const [lastWords] = predictor.predict([long.split(' ').slice(2).join(' ')]).predictions;
  expect(together[2]).toEqual({ ...lastWords, truncated: { read: 6, of: 8 } });
  expect(together[0]).not.toEqual(together[1]);
  expect(() => predictor.predict(['one'], { everyStep: true })).toThrow(
    "everyStep: this model has no answer after every step: layer 'padSequences_0' needs the whole input",
  );
  expect(() => predictor.predict(['one'], { state: 'new' })).toThrow(
    "state: this model cannot resume from one: layer 'padSequences_0' needs the whole input",
  );
});

test('costs what its padded steps cost', () => {
  const [one, six, twenty] = [1, 6, 20].map((steps) => servingCost(createModel(spec), 1, steps));
  expect(one?.multiplyAdds).toBe(six?.multiplyAdds);
  expect(twenty?.multiplyAdds).toBe(six?.multiplyAdds);
  // An LSTM of 3 features and 4 units, and a unit behind it, at each of the 6 steps.
  expect(six?.multiplyAdds).toBe(6 * ((3 + 4) * 16 + 4));
});

test('reads ids only', () => {
  expect(() =>
    padSequencesLayer({ type: 'padSequences', maxlen: 2, padding: 'pre', truncating: 'pre' }, { kind: 'vector', features: 2 }),
  ).toThrow('expected ids [batch, time], got a vector [batch, 2]');
});
