import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import { startEngine } from '@unroll/backend/start-engine.ts';
import type { Tokenizer } from '@unroll/text/tokenizer.ts';
import fc from 'fast-check';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countSteps, planEpoch } from '../plan/epoch-plan.ts';
import type { Rows } from '../plan/rows.ts';
import { scoringWindows } from '../plan/scoring.ts';
import { type Recipe, recipeSchema } from '../recipe/recipe.ts';
import { packedRecipe } from '../testing/pack-text.ts';
import tinyWriter from '../testing/tiny-writer.ts';
import { batchTensors } from '../workers/batch.ts';
import { type Prepared, prepare } from './prepare.ts';
import { targetOf } from './sequences.ts';

const directory = mkdtempSync(join(tmpdir(), 'unroll-token-file-'));
afterAll(() => rmSync(directory, { recursive: true }));
const path = join(directory, 'pages.tokens');
const book = () => ({
  name: 'book',
  source: 'A book',
  text: 'Call me Ishmael. Some years ago, never mind how long précisément.\n'.repeat(9),
});
const short = { ...tinyWriter, data: { ...(tinyWriter.data as object), load: book } } as typeof tinyWriter;

let packed: Recipe;
const corpus = v.parse(recipeSchema, short);
beforeAll(async () => {
  packed = await packedRecipe(short, path);
  await startEngine(chooseEngine('wasm').setup);
});

const withTraining = (recipe: Recipe, training: Partial<Recipe['training']>): Recipe => ({
  ...recipe,
  training: { ...recipe.training, ...training },
});

/** All that a batch gives to the model. */
function batchOf({ sequences, model, task }: Prepared, rows: Rows) {
  const { inputs, targets, count } = batchTensors(sequences, rows, { model, per: task.targets });
  const tensors = [inputs.input?.values, inputs.input?.mask, targets.values, targets.counted];
  return tensors.map((tensor) => tensor && [tensor.shape, tensor.dtype, [...tensor.dataSync()]]).concat([[count]]);
}

describe('a token file', () => {
  test('has the tokenizer, the split and the model of its corpus', () => {
    const [a, b] = [prepare(corpus, 1), prepare(packed, 1)];
    expect(b.data.tokenizer?.toJSON()).toEqual(a.data.tokenizer?.toJSON());
    expect([b.data.split, b.data.summary, b.data.source, b.data.warnings]).toEqual([a.data.split, a.data.summary, a.data.source, []]);
    expect(b.model.spec).toEqual(a.model.spec);
    expect([...b.sequences.starts]).toEqual([...a.sequences.starts]);
    expect([...b.sequences.lengths]).toEqual([...a.sequences.lengths]);
    for (const sample of [0, 1, 2]) expect(targetOf(b.sequences, sample)).toEqual(targetOf(a.sequences, sample));
  });

  test('gives every window of training and scoring, with its targets, as the corpus in memory does', () => {
    const options = fc.record({
      globalBatchSize: fc.integer({ min: 1, max: 20 }),
      bpttSteps: fc.integer({ min: 1, max: 700 }),
      shards: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(options, (training) => {
        const [a, b] = [prepare(withTraining(corpus, training), 1), prepare(withTraining(packed, training), 1)];
        expect(countSteps(b)).toBe(countSteps(a));
        const [one, two] = [[...planEpoch(a, 1)], [...planEpoch(b, 1)]];
        expect(two).toEqual(one);
        expect(one).toHaveLength(countSteps(a));
        const scored = [1, 2].flatMap((sample) => [...scoringWindows(a, sample, training.shards)].flat());
        // The first and the last windows: those between are read in the same way.
        const windows = [...one.flatMap(({ batches }) => batches.flat()), ...scored];
        for (const rows of [...windows.slice(0, 9), ...windows.slice(-9)]) expect(batchOf(b, rows)).toEqual(batchOf(a, rows));
      }),
      { numRuns: 25, examples: [[{ globalBatchSize: 20, bpttSteps: 1, shards: 3 }], [{ globalBatchSize: 1, bpttSteps: 700, shards: 1 }]] },
    );
  });
});

describe('refuses', () => {
  const refuses = (recipe: Recipe, message: string | RegExp) => expect(() => prepare(recipe, 1)).toThrow(message);

  test('a tokenizer in the recipe', () => {
    refuses({ ...packed, tokenizer: { charLevel: true } }, "recipe 'tiny-writer': a token file has its own tokenizer; remove `tokenizer`");
  });

  test('to read a part as one row', () => {
    refuses(withTraining(packed, { bpttSteps: undefined }), 'a token file is read in windows; set training.bpttSteps');
  });

  test('a file that is missing or of another format', () => {
    refuses({ ...packed, data: { type: 'tokenFile', path: join(directory, 'none') } }, /cannot read token file .*none: ENOENT/);
    refuses({ ...packed, data: { type: 'tokenFile', path: `${path}.txt` } }, 'it is not a token file; write one with: unroll pack');
  });

  test('a model with fewer outputs or embedding rows than tokens', () => {
    const model: Recipe['model'] = ({ vocabularySize }) => ({
      input: { type: 'tokens', maxLength: 100 },
      layers: [
        { type: 'embedding', inputDim: vocabularySize, outputDim: 2 },
        { type: 'gru', units: vocabularySize - 1, returnSequences: true },
      ],
      task: { type: 'generate' },
    });
    const size = prepare(packed, 1).data.known.vocabularySize;
    refuses({ ...packed, model }, `its model tells ${size - 1} tokens apart, ${path} has ${size}; use vocabularySize`);
    const narrow: Recipe['model'] = (known, settings) => model({ ...known, vocabularySize: 5 }, settings);
    refuses({ ...packed, model: narrow }, `its embedding has 5 rows, its data hold ids up to ${size - 1}; use inputDim: vocabularySize`);
  });

  test('a model with another tokenizer, and takes one with the same', async () => {
    const { model, data } = prepare(corpus, 1);
    const trained = { model, tokenizer: data.tokenizer as Tokenizer };
    expect(prepare(packed, 1, trained).sequences).toMatchObject({ file: { path } });
    const load = () => ({ ...book(), text: book().text.replaceAll('.', '!') });
    const other = await packedRecipe(short, join(directory, 'other.tokens'), load);
    expect(() => prepare(other, 1, trained)).toThrow(/other\.tokens has the ids of another tokenizer than the model's/);
  });
});

test('warns of a copied file, and of a vocabulary that covers less than half of the validation part', async () => {
  const copy = join(directory, 'copy.tokens');
  writeFileSync(copy, readFileSync(path));
  expect(prepare({ ...packed, data: { type: 'tokenFile', path: copy } }, 1).data.warnings[0]).toMatch(
    /copied or changed after packing, so all its ids were compared with their SHA-256.* unroll pack --check /,
  );
  const words = { ...short, tokenizer: { numWords: 3, oovToken: '[UNK]' } } as typeof short;
  const { data } = prepare(await packedRecipe(words, join(directory, 'words.tokens')), 1);
  expect(data.warnings).toEqual([expect.stringMatching(/^book: \d+ tokens of the validation part are not in the vocabulary\./)]);
});
