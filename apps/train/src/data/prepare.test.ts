import type { EncodedSequences } from '@unroll/datasets/encoded.ts';
import type { Series } from '@unroll/datasets/series.ts';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { type Recipe, recipeSchema } from '../recipe/recipe.ts';
import tiny from '../testing/tiny-recipe.ts';
import tinyWriter from '../testing/tiny-writer.ts';
import { prepare } from './prepare.ts';

const training = { epochs: 1, globalBatchSize: 8, shards: 2, optimizer: { type: 'adam' } };
const make = (parts: object): Recipe => v.parse(recipeSchema, { name: 'mine', description: '', training, ...parts });
const refuses = (recipe: Recipe, message: string | RegExp) => expect(() => prepare(recipe, 1)).toThrow(message);

describe('texts', () => {
  const texts = (samples: { text: string; label: number }[], more: object = {}) =>
    make({
      data: { type: 'texts', load: () => ({ name: 'x', labels: ['a', 'b'], samples, source: '' }), validation: 0.2, test: 0.2 },
      model: ({ vocabularySize, labels }: { vocabularySize: number; labels: string[] }) => ({
        input: { type: 'tokens', maxLength: 5 },
        layers: [
          { type: 'embedding', inputDim: vocabularySize, outputDim: 2 },
          { type: 'gru', units: 2 },
          { type: 'dense', units: 2 },
        ],
        task: { type: 'classify', labels },
      }),
      ...more,
    });
  const samples = Array.from({ length: 40 }, (_, i) => ({ text: `word${i}`, label: i % 2 }));

  test('that are held out and trained on are warned of', () => {
    expect(prepare(texts(samples), 1).data.warnings).toEqual([]);
    const twice = [...samples, ...samples];
    expect(prepare(texts(twice), 1).data.warnings[0]).toMatch(
      /^\d+ held-out texts are trained on too \("word\d+", say\): scores will flatter$/,
    );
  });

  test('labels out of range', () => refuses(texts([...samples, { text: 'x', label: 2 }]), 'label 2 of "x" has no name'));

  test('a last layer of the wrong size is named with what it should give', () => {
    const model = () => ({
      input: { type: 'tokens', maxLength: 5 },
      layers: [
        { type: 'embedding', inputDim: 9, outputDim: 2 },
        { type: 'gru', units: 3 },
      ],
      task: { type: 'classify', labels: ['a', 'b'] },
    });
    refuses(texts(samples, { model }), "task 'classify': expected the last layer to give 1 or 2 units for labels [a,b], got 3 units");
  });

  test('an unknown task, with the nearest', () => {
    const model = () => ({ input: { type: 'tokens', maxLength: 5 }, layers: [{ type: 'gru', units: 3 }], task: { type: 'clasify' } });
    refuses(
      texts(samples, { model }),
      "the model of recipe 'mine' is not valid:\n  - task.type: unknown type \"clasify\". Did you mean 'classify'?",
    );
  });

  test('impossible shapes, with the layer', () => {
    const model = () => ({ input: { type: 'tokens', maxLength: 5 }, layers: [{ type: 'gru', units: 3 }], task: { type: 'generate' } });
    refuses(texts(samples, { model }), "layer 0 'gru_0': expected a sequence [batch, time, n], got ids [batch, time]");
  });

  test('bpttSteps without a state to carry', () => {
    refuses(
      v.parse(recipeSchema, { ...tiny, training: { ...tiny.training, bpttSteps: 4 } }),
      'training.bpttSteps carries state from window to window; it needs',
    );
  });
});

describe('a corpus', () => {
  test('too short for its parts', () => {
    const data = { ...tinyWriter.data, load: () => ({ name: 'x', text: 'abcdefghij', source: '' }) };
    refuses(
      v.parse(recipeSchema, { ...tinyWriter, data }),
      "corpus 'x': its validation part has 0 tokens; give a longer text or other shares",
    );
  });
});

describe('encoded sequences', () => {
  const good: EncodedSequences = {
    ...{ name: 'x', source: '', inputs: new Float32Array(40 * 6), features: 2, lengths: new Int32Array(40).fill(3) },
    ...{ targets: new Float32Array(40), targetsOf: 'sample', targetWidth: 1 },
  };
  const encoded = (parts: Partial<EncodedSequences>, model: object = {}) =>
    make({
      data: { type: 'encoded', load: () => ({ ...good, ...parts }), validation: 0.2, test: 0.2 },
      model: () => ({
        input: { type: 'features', features: 2, maxLength: 3 },
        layers: [{ type: 'gru', units: 2 }],
        task: { type: 'classify', labels: ['a', 'b'] },
        ...model,
      }),
    });

  test('that hold are taken', () => expect(prepare(encoded({}), 1).digest).toMatch(/^[0-9a-f]{64}$/));
  test('the digest is of what is trained on', () => {
    const other = prepare(encoded({ inputs: new Float32Array(240).fill(1) }), 1).digest;
    expect(other).not.toBe(prepare(encoded({}), 1).digest);
  });
  test('of a wrong length', () => refuses(encoded({ inputs: new Float32Array(7) }), '120 steps need 240 inputs, there are 7'));
  test('with too few targets', () => refuses(encoded({ targets: new Float32Array(3) }), '40 rows need 40 targets, there are 3'));
  test('NaN and Infinity', () => {
    refuses(encoded({ inputs: new Float32Array(240).fill(Number.NaN, 9, 10) }), "data set 'x': input 9 is NaN; expected a number");
    refuses(encoded({ inputs: new Float32Array(240).fill(Number.POSITIVE_INFINITY, 3, 4) }), 'input 3 is Infinity');
  });
  test('a class that is none', () => {
    refuses(encoded({ targets: new Float32Array(40).fill(2, 5, 6) }), 'the target in row 6 of its data is 2; expected a class from 0 to 1');
    refuses(encoded({ targets: new Float32Array(40).fill(0.5, 0, 1) }), 'the target in row 1 of its data is 0.5');
  });
  test('of other features than the model reads', () => {
    refuses(
      encoded({}, { input: { type: 'features', features: 3, maxLength: 3 } }),
      'its model reads 3 numbers a step, its data holds 2 numbers a step',
    );
  });
  test('with one target a sample for a model that answers every step', () => {
    const model = { layers: [{ type: 'gru', units: 2, returnSequences: true }], task: { type: 'tag', labels: ['a', 'b'] } };
    refuses(encoded({}, model), 'its model answers at every step, its data has one target a sample; use returnSequences: false');
  });
});

describe('a series', () => {
  const columns = { load: Float64Array.from({ length: 60 }, (_, i) => i), flat: new Float64Array(60).fill(3) };
  const series: Series = { name: 's', time: Array.from({ length: 60 }, (_, i) => `day ${i}`), columns, source: '' };
  const recipe = (data: object = {}) =>
    make({
      data: {
        ...{ type: 'series', load: () => series, context: 5, horizon: 2, inputs: ['load', 'flat'], targets: ['load'] },
        ...{ validation: 0.2, test: 0.2, ...data },
      },
      model: ({ features, units, forecast }: { features: number; units: number; forecast: object }) => ({
        input: { type: 'features', features, maxLength: 5 },
        layers: [
          { type: 'gru', units: 2 },
          { type: 'dense', units },
        ],
        task: forecast,
      }),
    });

  test('is cut in time, and no window foretells what another part holds', () => {
    const { data } = prepare(recipe(), 1);
    if (data.type !== 'series') throw new Error('a series');
    const foretold = (samples: Int32Array) => {
      const rows = Array.from(samples, (sample) => data.lastRowOf(sample));
      return [Math.min(...rows) + 1, Math.max(...rows) + 2];
    };
    expect(foretold(data.split.train)).toEqual([5, 35]);
    expect(foretold(data.split.validation)).toEqual([36, 47]);
    expect(foretold(data.split.test)).toEqual([48, 59]);
  });

  test('is scaled by what is trained on, a column that never moves by 1', () => {
    const { forecast } = prepare(recipe(), 1).data.known;
    expect(forecast.inputs[0]?.mean).toBeCloseTo(17.5, 6);
    expect(forecast.inputs[1]).toEqual({ name: 'flat', mean: 3, scale: 1 });
  });

  test('without a column that is named', () =>
    refuses(recipe({ inputs: ['laod'] }), "series 's' has no column 'laod'. Did you mean 'load'?"));
  test('too short', () => refuses(recipe({ context: 58 }), '60 rows are too few for windows of 58 and 2 more'));
  test('with a row that is no number', () => {
    const broken = { ...series, columns: { ...columns, load: columns.load.with(7, Number.NaN) } };
    refuses(recipe({ load: () => broken }), "series 's': column 'load' holds NaN in row 8 (day 7); expected a number");
  });
});
