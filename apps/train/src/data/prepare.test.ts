import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EncodedSequences } from '@unroll/datasets/encoded.ts';
import type { Series } from '@unroll/datasets/series.ts';
import * as v from 'valibot';
import { afterAll, describe, expect, test } from 'vitest';
import { countSteps, planEpoch } from '../plan/epoch-plan.ts';
import { type Recipe, recipeSchema } from '../recipe/recipe.ts';
import { inMemory } from '../testing/in-memory.ts';
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
  const samples = Array.from({ length: 40 }, (_, i) => ({ text: `the word${i}`, label: i % 2 }));

  test('that are held out and trained on are warned of', () => {
    expect(prepare(texts(samples), 1).data.warnings).toEqual([]);
    const twice = [...samples, ...samples];
    expect(prepare(texts(twice), 1).data.warnings[0]).toMatch(
      /^\d+ held-out texts are training texts too \(the first: "the word\d+"\); scores will be too good$/,
    );
  });

  test('longer than the model reads are counted, with the setting that reads them', () => {
    const long = samples.map(({ text, label }, i) => ({ text: i < 10 ? `${text} a b c d e` : text, label }));
    expect(prepare(texts(long), 1).data.warnings).toEqual([
      '10 of 40 texts (25.0 %) are longer than the 5 steps that the model reads; the rest of each is not read. ' +
        "To read all of them, raise input.maxLength in the recipe's model to 7",
    ]);
  });

  test('without a token are left out of every part, with a warning', () => {
    const silent = [...samples, ...samples.slice(0, 20).map(({ label }, i) => ({ text: '?!'.repeat(i + 1), label }))];
    const { data, sequences } = prepare(texts(silent, { tokenizer: { oovToken: '[UNK]' } }), 1);
    const used = [...data.split.train, ...data.split.validation, ...data.split.test];
    expect(used).toHaveLength(40);
    expect(used.every((sample) => (sequences.lengths[sample] as number) > 0)).toBe(true);
    expect(data.warnings).toEqual(['x: 20 texts hold no token that the model knows (the first: "?!"); they are left out']);
    refuses(
      texts(samples.map(({ text, label }) => ({ text: text.replace('the ', ''), label }))),
      /no \w+ text holds a token that the model knows/,
    );
  });

  test('of scripts without spaces are warned of, until they are read by characters', () => {
    const letters = '好坏房间早餐干净安静服务态度非常满意糟糕';
    const chinese = Array.from({ length: 60 }, (_, i) => ({
      text: Array.from({ length: 8 }, (_, j) => letters[(7 * i + 3 * j + (i >> 3) * j) % letters.length]).join(''),
      label: i % 2,
    }));
    const warningsOf = (tokenizer: object) => prepare(texts(chinese, { tokenizer }), 1).data.warnings.join();
    expect(warningsOf({ oovToken: '[UNK]' })).toMatch(
      /% of the validation texts hold no token .* set charLevel: true in the recipe's tokenizer/,
    );
    expect(warningsOf({ oovToken: '[UNK]', charLevel: true })).not.toContain('charLevel');
  });

  test('with an embedding that is too small for their words', () => {
    const model = ({ labels }: { labels: string[] }) => ({
      input: { type: 'tokens', maxLength: 5 },
      layers: [
        { type: 'embedding', inputDim: 9, outputDim: 2 },
        { type: 'gru', units: 2 },
      ],
      task: { type: 'classify', labels },
    });
    refuses(texts(samples, { model }), /its embedding has 9 rows, its data hold ids up to \d+; use inputDim: vocabularySize/);
  });

  describe('with extra texts', () => {
    const extra = Array.from({ length: 6 }, (_, i) => ({ text: `more${i}`, label: [1 - i / 8, i / 8] }));
    const withExtra = (more: object = {}, recipe: object = {}) =>
      texts(samples, {
        data: {
          type: 'texts',
          load: () => ({ name: 'x', labels: ['a', 'b'], samples, source: 'X' }),
          extra: () => ({ name: 'y', labels: ['a', 'b'], samples: extra, source: 'Y' }),
          validation: 0.2,
          test: 0.2,
          ...more,
        },
        ...recipe,
      });
    const unit = (units: number) => ({
      model: ({ vocabularySize, labels }: { vocabularySize: number; labels: string[] }) => ({
        input: { type: 'tokens', maxLength: 5 },
        layers: [
          { type: 'embedding', inputDim: vocabularySize, outputDim: 2 },
          { type: 'gru', units: 2 },
          { type: 'dense', units },
        ],
        task: { type: 'classify', labels },
      }),
    });

    test('only training sees them, under every seed; the rest is split as without them', () => {
      for (const seed of [1, 2]) {
        const { data } = prepare(withExtra(), seed);
        const alone = prepare(texts(samples), seed).data.split;
        expect([data.split.validation, data.split.test]).toEqual([alone.validation, alone.test]);
        expect([...data.split.train]).toEqual([...alone.train, 40, 41, 42, 43, 44, 45]);
        expect(data.source).toBe('X; Y');
      }
    });

    test('an epoch repeats its own texts as set in the recipe', () => {
      const prepared = prepare(withExtra({ repeat: 3 }), 1);
      const shown = new Map<number, number>();
      for (const { batches } of planEpoch(prepared, 1)) {
        for (const shard of batches.flat()) if ('samples' in shard) for (const i of shard.samples) shown.set(i, (shown.get(i) ?? 0) + 1);
      }
      expect(shown.size).toBe(24 + 6);
      for (const [i, times] of shown) expect(times).toBe(i < 40 ? 3 : 1);
      expect(countSteps(prepared)).toBe(Math.ceil((24 * 3 + 6) / 8));
    });

    test('targets are the probabilities of both labels, or of the second where there is one unit', () => {
      const two = inMemory(prepare(withExtra(), 1).sequences);
      expect([two.targetWidth, two.soft]).toEqual([2, true]);
      expect([...two.targets.subarray(0, 4), ...two.targets.subarray(43 * 2, 44 * 2)]).toEqual([1, 0, 0, 1, 0.625, 0.375]);
      const one = inMemory(prepare(withExtra({}, unit(1)), 1).sequences);
      expect([one.targetWidth, one.soft]).toEqual([1, true]);
      expect([...one.targets.subarray(0, 2), ...one.targets.subarray(40)]).toEqual([0, 1, 0, 0.125, 0.25, 0.375, 0.5, 0.625]);
    });

    test("classWeights 'balanced' counts how much of each class an epoch shows", () => {
      const balanced = { training: { ...training, classWeights: 'balanced' } };
      for (const units of [1, 2]) {
        const { loss } = prepare(withExtra({ repeat: 2 }, { ...unit(units), ...balanced }), 1);
        const positive = 24 + extra.reduce((sum, { label: [, p = 0] }) => sum + p, 0);
        expect(loss.classWeights?.[1]).toBeCloseTo(54 / (2 * positive), 6);
        expect(loss.classWeights?.[0]).toBeCloseTo(54 / (2 * (54 - positive)), 6);
      }
    });

    test('of other labels are refused', () => {
      const other = () => ({ name: 'y', labels: ['b', 'a'], samples: extra, source: '' });
      refuses(withExtra({ extra: other }), 'y has the labels b, a; expected those of x: a, b');
    });

    test('that are held out too are warned of', () => {
      const other = () => ({ name: 'y', labels: ['a', 'b'], samples: [...samples, ...extra], source: '' });
      expect(prepare(withExtra({ extra: other }), 1).data.warnings[0]).toMatch(/^16 held-out texts are training texts too/);
    });
  });

  describe('with word vectors', () => {
    const plain = prepare(texts(samples), 1);
    const word = `word${plain.data.split.train[0]}`;
    const vectors = (dimensions: number) => ({
      dimensions,
      size: 1,
      source: '',
      of: (asked: string) => (asked === word ? new Float32Array(dimensions).fill(9) : undefined),
    });

    test('a word starts from its vector, all other weights from the initializers', () => {
      const { initial, data } = prepare(texts(samples, { wordVectors: () => ({ ...vectors(2), source: 'Z' }) }), 1);
      expect(data.source).toBe(`${plain.data.source}; Z`);
      const weights = initial();
      const id = data.tokenizer?.wordIndex.get(word) as number;
      for (const [name, values] of Object.entries(plain.initial())) {
        const expected = values.slice();
        if (name === 'embedding_0/embeddings') expected.fill(9, id * 2, id * 2 + 2);
        expect(weights[name]).toEqual(expected);
      }
    });

    test('of another size than the embedding are refused', () => {
      refuses(
        texts(samples, { wordVectors: () => vectors(3) }),
        "recipe 'mine': wordVectors: the vectors have 3 dimensions, the embedding has outputDim 2; set it to 3",
      );
    });

    test('are not read for a trained model', () => {
      const wordVectors = () => {
        throw new Error('read');
      };
      expect(prepare(texts(samples, { wordVectors }), 1, plain).digest).toBe(plain.digest);
    });
  });

  test('that the model does not read', () => {
    const layers = [{ type: 'gru', units: 1 }];
    const task = { type: 'classify', labels: ['a', 'b'] };
    const numbers = () => ({ input: { type: 'features', features: 2, maxLength: 5 }, layers, task });
    refuses(texts(samples, { model: numbers }), 'its model reads 2 numbers a step, its data hold token ids');
    const column = { name: 'x', mean: 0, scale: 1 };
    const forecast = ({ vocabularySize }: { vocabularySize: number }) => ({
      input: { type: 'tokens', maxLength: 5 },
      layers: [{ type: 'embedding', inputDim: vocabularySize, outputDim: 2 }, ...layers],
      task: { type: 'forecast', horizon: 1, inputs: [column], targets: [column] },
    });
    refuses(texts(samples, { model: forecast }), "data set 'x' holds texts, which the task 'forecast' does not read");
  });

  test('labels out of range', () => refuses(texts([...samples, { text: 'x', label: 2 }]), 'label 2 of "x" has no name'));

  test('a last layer of the wrong size is named with the expected size', () => {
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
      "corpus 'x': its validation part has 0 tokens, expected at least 2; give a longer text or other shares",
    );
  });
});

describe('rows of a table', () => {
  const directory = mkdtempSync(join(tmpdir(), 'unroll-prepare-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'petals.csv');
  const write = (rows: readonly string[]) => writeFileSync(path, `length,income,flat,kind\n${rows.join('\n')}\n`);
  const rows = Array.from({ length: 40 }, (_, i) => `${i % 7},${20_000 + 1000 * (i % 11)},0.1,${i % 2 ? 'a' : 'b'}`);
  const table = (maxLength = 3) =>
    make({
      data: { type: 'numberFile', path, columns: ['income', 'length', 'flat'], label: 'kind', validation: 0.2, test: 0.2 },
      model: ({ features, labels }: { features: number; labels: string[] }) => ({
        input: { type: 'features', features, maxLength },
        layers: [{ type: 'gru', units: 2 }],
        task: { type: 'classify', labels },
      }),
    });

  test('are scaled column by column by the training rows, and the spec says how', () => {
    write(rows);
    const { model, data, sequences } = prepare(table(), 1);
    if (model.spec.input.type !== 'features') throw new Error('features');
    const { columns = [] } = model.spec.input;
    expect(columns.map(({ name }) => name)).toEqual(['income', 'length', 'flat']);
    expect(columns[2]).toEqual({ name: 'flat', mean: 0.1, scale: 1 });
    for (const column of [0, 1]) {
      const values = Array.from(data.split.train, (row) => inMemory(sequences).inputs[3 * row + column] as number);
      const mean = values.reduce((sum, value) => sum + value) / values.length;
      expect(mean).toBeCloseTo(0, 5);
      expect(values.reduce((sum, value) => sum + value ** 2, 0) / values.length).toBeCloseTo(1, 5);
    }
  });

  test('are encoded for a trained model with its scaling, not with that of the current rows', () => {
    write(rows);
    const { model } = prepare(table(), 1);
    write(rows.map((row, i) => (i % 3 ? row : row.replace(/,2/, ',9'))));
    const again = prepare(table(), 1, { model });
    expect(again.model).toBe(model);
    const [first] = (model.spec.input as { columns: { mean: number; scale: number }[] }).columns;
    if (!first) throw new Error('a column');
    expect(inMemory(again.sequences).inputs[0]).toBeCloseTo((90_000 - first.mean) / first.scale, 3);
    write(rows.map((row) => row.replace(/b$/, 'c')));
    expect(() => prepare(table(), 1, { model })).toThrow('its data hold the classes a, c; the model was trained on a, b');
  });

  test('are found by name for a trained model, which must have their scaling', () => {
    write(rows);
    const { model, sequences } = prepare(table(), 1);
    const { input } = model.spec;
    const { inputs: trained } = inMemory(sequences);
    if (input.type !== 'features' || !input.columns) throw new Error('columns');
    const withInput = (changed: object) => ({ model: { ...model, spec: { ...model.spec, input: { ...input, ...changed } } } });
    const turned = prepare(table(), 1, withInput({ columns: input.columns.toReversed() }));
    expect([...inMemory(turned.sequences).inputs.subarray(0, 3)]).toEqual([...trained.subarray(0, 3)].reverse());
    const fewer = prepare(table(), 1, withInput({ columns: input.columns.slice(1) }));
    expect([...inMemory(fewer.sequences).inputs.subarray(0, 2)]).toEqual([...trained.subarray(1, 3)]);
    const { columns: _, ...plain } = input;
    const older = { model: { ...model, spec: { ...model.spec, input: plain } } };
    expect(() => prepare(table(), 1, older)).toThrow('the model file does not say how its columns are scaled');
    const other = [{ name: 'age', mean: 0, scale: 1 }];
    expect(() => prepare(table(), 1, withInput({ columns: other }))).toThrow(
      "the model reads the column 'age', which is not among data.columns",
    );
  });

  test('longer than the model reads', () => {
    write(rows);
    refuses(table(2), 'expected features 1, and a maxLength of at least the number of columns');
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

  test('that are valid are accepted', () => expect(prepare(encoded({}), 1).digest).toMatch(/^[0-9a-f]{64}$/));
  test('the digest covers the training data', () => {
    const other = prepare(encoded({ inputs: new Float32Array(240).fill(1) }), 1).digest;
    expect(other).not.toBe(prepare(encoded({}), 1).digest);
  });
  test('of a wrong length', () => refuses(encoded({ inputs: new Float32Array(7) }), '120 steps need 240 inputs, there are 7'));
  test('with too few targets', () => refuses(encoded({ targets: new Float32Array(3) }), '40 rows need 40 targets, there are 3'));
  test('without a step', () => {
    const lengths = new Int32Array(40).fill(3).with(4, 0).with(5, 6);
    refuses(encoded({ lengths }), "data set 'x': sequence 4 has no step; expected at least one");
  });
  test('longer than the model reads are cut as in prediction, with a warning', () => {
    const recipe = encoded({}, { input: { type: 'features', features: 2, maxLength: 2 } });
    const { sequences, data } = prepare(recipe, 1);
    expect([...new Set(sequences.lengths)]).toEqual([2]);
    expect(sequences.starts[1]).toBe(3);
    expect(data.warnings[0]).toMatch(/^40 of 40 sequences \(100\.0 %\) are longer than the 2 steps .* to 3$/);
  });
  test('NaN and Infinity', () => {
    refuses(encoded({ inputs: new Float32Array(240).fill(Number.NaN, 9, 10) }), "data set 'x': input 9 is NaN; expected a number");
    refuses(encoded({ inputs: new Float32Array(240).fill(Number.POSITIVE_INFINITY, 3, 4) }), 'input 3 is Infinity');
  });
  test('a target that is not a class', () => {
    refuses(encoded({ targets: new Float32Array(40).fill(2, 5, 6) }), 'the target in row 6 of its data is 2; expected a class from 0 to 1');
    refuses(encoded({ targets: new Float32Array(40).fill(0.5, 0, 1) }), 'the target in row 1 of its data is 0.5');
  });
  test('a part without a single target', () => {
    const model = { layers: [{ type: 'gru', units: 2, returnSequences: true }], task: { type: 'tag', labels: ['a', 'b'] } };
    const targets = (from: number, to: number) => new Float32Array(120).fill(Number.NaN, from * 3, to * 3);
    const tags = (from: number, to: number) => encoded({ targets: targets(from, to), targetsOf: 'step' }, model);
    expect(prepare(tags(1, 24), 1).task.type).toBe('tag');
    refuses(tags(0, 24), "recipe 'mine': none of the 24 samples of the train part has a target that is not NaN");
    refuses(tags(24, 32), 'none of the 8 samples of the validation part');
    refuses(tags(32, 40), 'none of the 8 samples of the test part');
  });
  test('of other features than the model reads', () => {
    refuses(
      encoded({}, { input: { type: 'features', features: 3, maxLength: 3 } }),
      'its model reads 3 numbers a step, its data hold 2 numbers a step',
    );
  });
  test('with one target a sample for a model that answers every step', () => {
    const model = { layers: [{ type: 'gru', units: 2, returnSequences: true }], task: { type: 'tag', labels: ['a', 'b'] } };
    refuses(encoded({}, model), 'its model answers at every step, its data have one target per sample; use returnSequences: false');
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

  test('is cut in time, and no window has targets in another part', () => {
    const { data } = prepare(recipe(), 1);
    if (data.type !== 'series') throw new Error('a series');
    const targetRows = (samples: Int32Array) => {
      const rows = Array.from(samples, (sample) => data.lastRowOf(sample));
      return [Math.min(...rows) + 1, Math.max(...rows) + 2];
    };
    expect(targetRows(data.split.train)).toEqual([5, 35]);
    expect(targetRows(data.split.validation)).toEqual([36, 47]);
    expect(targetRows(data.split.test)).toEqual([48, 59]);
  });

  test('is scaled by the training rows; a constant column gets scale 1', () => {
    const { forecast } = prepare(recipe(), 1).data.known;
    expect(forecast.inputs[0]?.mean).toBeCloseTo(17.5, 6);
    expect(forecast.inputs[1]).toEqual({ name: 'flat', mean: 3, scale: 1 });
  });

  test('without a column that is named', () =>
    refuses(recipe({ inputs: ['laod'] }), "series 's' has no column 'laod'. Did you mean 'load'?"));
  test('with a context that the model does not read', () =>
    refuses(recipe({ context: 6 }), "series 's': data.context is 6, but the model reads 5 steps; make input.maxLength 6"));
  test('too short', () => refuses(recipe({ context: 58 }), '60 rows are too few for windows of 58 and 2 more'));
  test('with a row that is not a number', () => {
    const broken = { ...series, columns: { ...columns, load: columns.load.with(7, Number.NaN) } };
    refuses(recipe({ load: () => broken }), "series 's': column 'load' holds NaN in row 8 (day 7); expected a number");
  });

  describe('of several in one table', () => {
    const start = [0, 40, 90];
    const parts = [
      { name: 'a', start: 0, end: 40 },
      { name: 'b', start: 40, end: 90 },
      { name: 'short', start: 90, end: 94 },
    ];
    const instants = Float64Array.from({ length: 94 }, (_, row) => (row < 40 ? row : row < 90 ? row - 40 : row - 90));
    const several: Series = {
      name: 's',
      source: '',
      time: Array.from(instants, String),
      instants,
      parts,
      columns: { load: Float64Array.from({ length: 94 }, (_, i) => i), flat: new Float64Array(94) },
    };
    const { data } = prepare(recipe({ load: () => several }), 1);
    if (data.type !== 'series') throw new Error('a series');
    const windows = Object.entries(data.split).flatMap(([part, samples]) =>
      Array.from(samples as Int32Array, (sample) => ({ part, first: sample, last: data.lastRowOf(sample) })),
    );

    test('has no window that reaches into another series', () => {
      for (const { first, last } of windows) {
        const own = parts.find(({ end }) => first < end) as (typeof parts)[0];
        expect(last + 2).toBeLessThan(own.end);
        expect(data.firstRowOf(first)).toBe(own.start);
      }
      expect(new Set(windows.map(({ first }) => start.findLastIndex((row) => first >= row)))).toEqual(new Set([0, 1]));
    });

    test('is cut at the same moments in each', () => {
      const predicted = (part: string) =>
        windows
          .filter((window) => window.part === part)
          .flatMap(({ last }) => [instants[last + 1] as number, instants[last + 2] as number]);
      expect(Math.max(...predicted('train'))).toBeLessThan(Math.min(...predicted('validation')));
      expect(Math.max(...predicted('validation'))).toBeLessThan(Math.min(...predicted('test')));
    });

    test('warns of series that vary too little for the common scale', () => {
      const load = several.columns.load as Float64Array;
      const apart = { ...several, columns: { ...several.columns, load: load.map((value, row) => (row < 40 ? 1000 * value : value)) } };
      expect(prepare(recipe({ load: () => apart }), 1).data.warnings[1]).toMatch(
        /^s: 'load' varies 10 times less within 1 of 2 series than over all \(the first: 'b'\)\. All are read with one scale/,
      );
    });

    test('warns of series that are too short', () =>
      expect(data.warnings).toEqual(["s: 1 series have fewer than 7 rows, too few for a window, and are left out (the first: 'short')"]));
  });
});
