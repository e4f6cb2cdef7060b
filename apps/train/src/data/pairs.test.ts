import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pair } from '@unroll/datasets/pairs.ts';
import type { TranslateSpec } from '@unroll/model/tasks/translate.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Known } from '../recipe/known.ts';
import { expectRefused, recipeOf } from '../testing/recipe-of.ts';
import { prepare } from './prepare.ts';
import type { ArraySequences, InputArrays } from './sequences.ts';

interface ModelOptions {
  maxLength?: number;
  targetFirst?: boolean;
  task?: Partial<TranslateSpec> | undefined;
}

const model =
  ({ maxLength = 20, targetFirst = false, task = {} }: ModelOptions = {}) =>
  ({ source, target }: Known) => {
    const tokens = { type: 'tokens', maxLength };
    return {
      inputs: targetFirst ? { target: tokens, source: tokens } : { source: tokens, target: tokens },
      layers: [
        { type: 'embedding', from: 'source', inputDim: source.vocabularySize, outputDim: 2, maskZero: true },
        { type: 'gru', name: 'encoder', units: 2 },
        { type: 'embedding', from: 'target', inputDim: target.vocabularySize, outputDim: 2, maskZero: true },
        { type: 'gru', units: 2, returnSequences: true, initialState: 'encoder' },
        { type: 'dense', units: target.vocabularySize },
      ],
      task: { type: 'translate', start: target.start, end: target.end, ...task },
    };
  };
const pairsRecipe = (pairs: readonly Pair[], options: ModelOptions & Record<string, unknown> = {}) => {
  const { maxLength, targetFirst, task, ...parts } = options;
  return recipeOf({
    data: { type: 'pairs', load: () => ({ name: 'mine', pairs, source: 'made up' }), validation: 0.2, test: 0.2 },
    model: model({ ...(maxLength !== undefined && { maxLength }), ...(targetFirst && { targetFirst }), task }),
    ...parts,
  });
};
const twenty = Array.from({ length: 20 }, (_, i): Pair => ({ source: `das haus ${i}`, target: `the ${i} house` }));
const inputOf = ({ inputs, starts, lengths }: InputArrays, i: number) =>
  Array.from(inputs.subarray(starts[i], (starts[i] as number) + (lengths[i] as number)));

describe('pairs', () => {
  test.each([false, true])(
    'become inputs that start with start and targets that end with end, with the target first: %s',
    (targetFirst) => {
      const { data, sequences } = prepare(pairsRecipe(twenty, { targetFirst }), 1);
      if (data.type !== 'pairs') throw new Error('expected pairs');
      const { inputs, features, starts, lengths, targets, others = {}, targetsAt } = sequences as ArraySequences;
      const own = { inputs, features, starts, lengths };
      expect(targetsAt).toBe(targetFirst ? undefined : 'target');
      const [source, target] = targetFirst ? [others.source as InputArrays, own] : [own, others.target as InputArrays];
      const { start, end } = data.known.target;
      for (const i of data.split.train) {
        const [words, ids] = [data.targetTokenizer.textsToSequences([`the ${i} house`])[0] as number[], inputOf(target, i)];
        expect(inputOf(source, i)).toEqual(data.tokenizer.textsToSequences([`das haus ${i}`])[0]);
        expect(ids).toEqual([start, ...words]);
        expect([...targets.subarray(target.starts[i], (target.starts[i] as number) + ids.length)]).toEqual([...words, end]);
      }
      expect([start, end, data.known.target.vocabularySize]).toEqual([0, 1, 2].map((more) => data.targetTokenizer.vocabularySize + more));
    },
  );

  test('fit the tokenizers on training pairs only, each side with its own options', () => {
    const { data } = prepare(pairsRecipe(twenty, { targetTokenizer: { charLevel: true } }), 1);
    if (data.type !== 'pairs') throw new Error('expected pairs');
    const numbers = (words: Iterable<string>) => [...words].filter((word) => /^\d+$/.test(word)).map(Number);
    expect(numbers(data.tokenizer.wordIndex.keys()).sort()).toEqual([...data.split.train].sort());
    expect(data.targetTokenizer.wordIndex.has('house')).toBe(false);
    expect(data.targetTokenizer.idOf('h')).toBeGreaterThan(0);
  });

  test('with the same source as the model reads it are in one part, for any pairs', () => {
    const word = fc.constantFrom('Haus', 'haus', 'HAUS!', 'hund', 'maus,', 'maus', 'katze', 'vogel');
    const sources = fc.array(fc.array(word, { minLength: 1, maxLength: 2 }), { minLength: 40, maxLength: 80 });
    fc.assert(
      fc.property(sources, fc.integer({ min: 0, max: 99 }), (lists, seed) => {
        const pairs = lists.map((list, i) => ({ source: list.join(' '), target: `a ${i}` }));
        fc.pre(new Set(pairs.map(({ source }) => source)).size > 8);
        const { data } = prepare(pairsRecipe(pairs, { tokenizer: { oovToken: '[UNK]' } }), seed);
        const read = (i: number) => (pairs[i]?.source ?? '').toLowerCase().replaceAll(/[!,]/g, '');
        const { train, validation, test: held } = data.split;
        const parts = [train, validation, held].map((part) => new Set(Array.from(part, read)));
        for (const [i, part] of parts.entries())
          for (const other of parts.slice(i + 1)) expect([...part].filter((source) => other.has(source))).toEqual([]);
        expect([...train, ...validation, ...held].sort((a, b) => a - b)).toEqual([...pairs.keys()]);
      }),
      { numRuns: 30 },
    );
  });

  test('that are too long are cut and counted, and a cut target has no end', () => {
    const long = { source: 'das haus 3 x x x', target: 'the house 3 is big' };
    const { data, sequences } = prepare(pairsRecipe([...twenty, long], { maxLength: 4 }), 1);
    const { targets, others = {}, lengths } = sequences as ArraySequences;
    const target = others.target as InputArrays;
    expect([lengths[20], target.lengths[20]]).toEqual([4, 4]);
    const { end } = data.known.target;
    const lastOf = (i: number) => targets[(target.starts[i] as number) + (target.lengths[i] as number) - 1];
    expect(lastOf(data.split.train[0] as number)).toBe(end);
    expect(lastOf(20)).not.toBe(end);
    expect(data.warnings.join('\n')).toContain('1 of 21 sources (4.8 %) are longer than the 4 steps that the model reads');
    expect(data.warnings.join('\n')).toContain(
      "1 of 21 targets are longer than the 4 steps of a translation, of which the last ends it; the rest of each is not learned, and neither is its end. To learn all of them, raise inputs.target.maxLength in the recipe's model to 6",
    );
  });

  test('with words that the target has no id for are counted', () => {
    const { warnings } = prepare(pairsRecipe(twenty), 1).data;
    expect(warnings.join('\n')).toContain('8 of 60 target tokens are not in the vocabulary, so training and perplexity leave them out');
  });

  test('with an empty side are left out, and the warning names the first', () => {
    const { data, sequences } = prepare(pairsRecipe([...twenty, { source: 'x', target: ' ' }, { source: '?!', target: 'y' }]), 1);
    expect(sequences.lengths).toHaveLength(21);
    expect(Object.values(data.split).flatMap((part) => [...part])).not.toContain(20);
    expect(data.warnings[0]).toBe("data set 'mine': 1 pairs have an empty side (the first: pair 21, its target); they are left out");
    expect(data.warnings.join('\n')).toContain('mine: 1 pairs have a side without a token that the model knows (the first: "?!", "y")');
  });
});

describe('a file of pairs', () => {
  const fileRecipe = (content: string) => {
    const path = join(mkdtempSync(join(tmpdir(), 'unroll-pairs-')), 'pairs.tsv');
    writeFileSync(path, content);
    return recipeOf({ data: { type: 'pairFile', path, source: 'de', target: 'en', validation: 0.2, test: 0.2 }, model: model() });
  };
  const rows = twenty.map(({ source, target }) => `${source}\t${target}\n`).join('');

  test('is read by its columns; rows without a side are named by their line, and no word is a missing value', () => {
    const { data, model } = prepare(fileRecipe(`de\ten\n${rows}null\tzero\n\tempty\nhalb\n`), 1);
    if (data.type !== 'pairs') throw new Error('expected pairs');
    expect(data.pairs.at(-1)).toEqual({ source: 'null', target: 'zero' });
    expect(data.warnings[0]).toMatch(/pairs\.tsv, line 23: column 'de' is empty; the row is left out$/);
    expect(data.warnings[1]).toMatch(/pairs\.tsv, line 24: expected 2 columns, got 1; the row is left out$/);
    expect(model.inputs.source).toMatchObject({ column: 'de' });
  });

  test('needs both columns, and rows', () => {
    expectRefused(fileRecipe('de\tfr\na\tb\n'), /pairs\.tsv has no column 'en'; it has de, fr$/);
    expectRefused(fileRecipe('de\ten\n\tb\n'), /pairs\.tsv holds no pair to learn from\. .*line 2: column 'de' is empty/);
  });
});

describe('a recipe of pairs is refused', () => {
  const layers = [
    { type: 'embedding', inputDim: 99, outputDim: 2 },
    { type: 'gru', units: 2 },
    { type: 'dense', units: 2 },
  ];
  test('with a task that does not translate', () => {
    const classifier = () => ({ input: { type: 'tokens', maxLength: 9 }, layers, task: { type: 'classify', labels: ['a', 'b'] } });
    expectRefused(
      pairsRecipe(twenty, { model: classifier }),
      "data set 'mine' holds pairs of texts, which the task 'classify' does not read",
    );
  });
  test('if a word would start a translation', () =>
    expectRefused(
      pairsRecipe(twenty, { task: { start: 3 } }),
      /after the words of the target, .* got 3 and \d+; use start: target\.start/,
    ));
  test('with an embedding that is too small, by its input', () => {
    const small = (known: Known) => model()({ ...known, target: { ...known.target, vocabularySize: 3 } });
    expectRefused(
      pairsRecipe(twenty, { model: small }),
      /of 'target' has 3 rows, its data hold ids up to \d+; use inputDim: target\.vocab|a unit for each id/,
    );
  });
  test('with windows of truncated BPTT', () =>
    expectRefused(
      pairsRecipe(twenty, { training: { epochs: 1, globalBatchSize: 8, shards: 2, bpttSteps: 5, optimizer: { type: 'adam' } } }),
      'training.bpttSteps cuts one input into windows, its data have several inputs; remove it',
    ));
  test('if all pairs have one source', () =>
    expectRefused(pairsRecipe(twenty.map(({ target }) => ({ source: 'x', target }))), 'split: 20 samples in 1 groups leave none for'));
});
