import { type Split, stratifiedSplit } from '@unroll/datasets/split.ts';
import { checkDataset, type TextDataset } from '@unroll/datasets/text-sample.ts';
import { createRandom } from '@unroll/model/random.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import type { DataSpec, Recipe } from '../recipe.ts';
import { type Sequences, sharedFloats, sharedInts, startsOf } from '../sequences.ts';
import { count, nothingKnown, type PreparedData, splitSummary } from './prepared-data.ts';

export interface PreparedTexts extends PreparedData {
  dataset: TextDataset;
  tokenizer: Tokenizer;
}

/** Labelled texts. The tokenizer sees training texts only; the split depends on the seed and keeps each label's share. */
export function prepareTexts(data: Extract<DataSpec, { type: 'texts' }>, recipe: Recipe, seed: number): PreparedTexts {
  const dataset = data.load();
  checkDataset(dataset);
  const { labels, samples } = dataset;
  const classes = samples.map(({ label }) => label);
  const split = stratifiedSplit(classes, data, (n) => createRandom(seed, 'split').permutation(n));
  const tokenizer = new Tokenizer(recipe.tokenizer);
  tokenizer.fitOnTexts(Array.from(split.train, (i) => textOf(dataset, i)));
  const { vocabularySize } = tokenizer;
  return {
    dataset,
    split,
    tokenizer,
    known: { ...nothingKnown, vocabularySize, labels },
    summary: `${splitSummary(split, 'samples')}, ${count(vocabularySize)} words`,
    source: dataset.source,
    warnings: leaks(dataset, split),
    encode({ input }, { targetWidth }) {
      const targets = classes.map((label) =>
        targetWidth === 1 ? [label] : Array.from({ length: targetWidth }, (_, i) => (i === label ? 1 : 0)),
      );
      const texts = samples.map(({ text }) => text);
      return encodeIds(tokenizer.textsToSequences(texts), targets, input.maxLength);
    },
  };
}

/** Texts that are trained on and tested with. */
function leaks(dataset: TextDataset, { train, validation, test }: Split): string[] {
  const trained = new Set(Array.from(train, (i) => textOf(dataset, i)));
  const seen = [...validation, ...test].filter((i) => trained.has(textOf(dataset, i)));
  if (seen.length === 0) return [];
  const example = JSON.stringify(textOf(dataset, seen[0] as number).slice(0, 60));
  return [`${count(seen.length)} held-out texts are trained on too (${example}, say): scores will flatter`];
}

/** Ids, each sequence cut to `maxLength`, and a target a sequence, in shared memory. */
export function encodeIds(
  sequences: readonly (readonly number[])[],
  targets: readonly (readonly number[])[],
  maxLength: number,
): Sequences {
  const lengths = sharedInts(sequences.length);
  for (const [i, { length }] of sequences.entries()) lengths[i] = Math.min(length, maxLength);
  const starts = startsOf(lengths);
  const inputs = sharedInts(lengths.reduce((sum, length) => sum + length, 0));
  const targetWidth = targets[0]?.length ?? 1;
  const flat = sharedFloats(sequences.length * targetWidth);
  for (const [i, sequence] of sequences.entries()) {
    inputs.set(sequence.slice(0, maxLength), starts[i]);
    flat.set(targets[i] as readonly number[], i * targetWidth);
  }
  return { inputs, features: 0, starts, lengths, targets: flat, targetsOf: 'sample', targetWidth };
}

/** The text of sample i. */
export function textOf({ samples }: TextDataset, i: number): string {
  return (samples[i] as { text: string }).text;
}
