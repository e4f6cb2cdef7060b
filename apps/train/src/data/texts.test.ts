import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { countSteps, planEpoch } from '../plan/epoch-plan.ts';
import { recipeSchema } from '../recipe/recipe.ts';
import { inMemory } from '../testing/in-memory.ts';
import { expectRefused, recipeOf, training } from '../testing/recipe-of.ts';
import tiny from '../testing/tiny-recipe.ts';
import { prepare } from './prepare.ts';

describe('texts', () => {
  const texts = (samples: { text: string; label: number }[], more: object = {}) =>
    recipeOf({
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
    expectRefused(
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
    expectRefused(texts(samples, { model }), /its embedding has 9 rows, its data hold ids up to \d+; use inputDim: vocabularySize/);
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
      expectRefused(withExtra({ extra: other }), 'y has the labels b, a; expected those of x: a, b');
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

    test('come from a file too, which tells how many words it has; few of them are a warning', () => {
      const path = join(mkdtempSync(join(tmpdir(), 'unroll-words-')), 'vectors.txt');
      writeFileSync(path, `${word} 9 9\nother 1 2\n`);
      const { initial, data } = prepare(texts(samples, { wordVectors: () => ({ path }) }), 1);
      const id = data.tokenizer?.wordIndex.get(word) as number;
      expect([...(initial()['embedding_0/embeddings']?.subarray(id * 2, id * 2 + 2) ?? [])]).toEqual([9, 9]);
      expect(data.source).toMatch(/; vectors of 1 of \d+ words from vectors\.txt$/);
      expect(data.warnings.join()).toMatch(/only 1 of \d+ words have a vector/);
      writeFileSync(path, `${word} 9 9 9\n`);
      expectRefused(texts(samples, { wordVectors: () => ({ path }) }), 'the vectors have 3 dimensions, the embedding has outputDim 2');
    });

    test('of another size than the embedding are refused', () => {
      expectRefused(
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
    expectRefused(texts(samples, { model: numbers }), 'its model reads 2 numbers a step, its data hold token ids');
    const column = { name: 'x', mean: 0, scale: 1 };
    const forecast = ({ vocabularySize }: { vocabularySize: number }) => ({
      input: { type: 'tokens', maxLength: 5 },
      layers: [{ type: 'embedding', inputDim: vocabularySize, outputDim: 2 }, ...layers],
      task: { type: 'forecast', horizon: 1, inputs: [column], targets: [column] },
    });
    expectRefused(texts(samples, { model: forecast }), "data set 'x' holds texts, which the task 'forecast' does not read");
  });

  test('labels out of range', () => expectRefused(texts([...samples, { text: 'x', label: 2 }]), 'label 2 of "x" has no name'));

  test('a last layer of the wrong size is named with the expected size', () => {
    const model = () => ({
      input: { type: 'tokens', maxLength: 5 },
      layers: [
        { type: 'embedding', inputDim: 9, outputDim: 2 },
        { type: 'gru', units: 3 },
      ],
      task: { type: 'classify', labels: ['a', 'b'] },
    });
    expectRefused(texts(samples, { model }), "task 'classify': expected the last layer to give 1 or 2 units for labels [a,b], got 3 units");
  });

  test('an unknown task, with the nearest', () => {
    const model = () => ({ input: { type: 'tokens', maxLength: 5 }, layers: [{ type: 'gru', units: 3 }], task: { type: 'clasify' } });
    expectRefused(
      texts(samples, { model }),
      "the model of recipe 'mine' is not valid:\n  - task.type: unknown type \"clasify\". Did you mean 'classify'?",
    );
  });

  test('impossible shapes, with the layer', () => {
    const model = () => ({ input: { type: 'tokens', maxLength: 5 }, layers: [{ type: 'gru', units: 3 }], task: { type: 'generate' } });
    expectRefused(texts(samples, { model }), "layer 0 'gru_0': expected a sequence [batch, time, n], got ids [batch, time]");
  });

  test('bpttSteps without a state to carry', () => {
    expectRefused(
      v.parse(recipeSchema, { ...tiny, training: { ...tiny.training, bpttSteps: 4 } }),
      'training.bpttSteps carries state from window to window; it needs',
    );
  });
});
