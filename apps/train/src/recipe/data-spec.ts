import { fileURLToPath } from 'node:url';
import type { Corpus } from '@unroll/datasets/corpus.ts';
import type { Dice, EncodedSequences } from '@unroll/datasets/encoded.ts';
import type { Series } from '@unroll/datasets/series.ts';
import type { TextDataset } from '@unroll/datasets/text-sample.ts';
import { finite, positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';

const share = v.pipe(finite, v.gtValue(0), v.ltValue(1));

export const aFunction = <F>() => v.custom<F>((value) => typeof value === 'function', 'expected a function');

const heldOut = {
  /** Shares held out; the rest is trained on. */
  validation: share,
  test: share,
};

/** Every kind of data a recipe may have; src/data has a file for each. */
export const path = v.union([
  v.pipe(v.string(), v.minLength(1)),
  v.pipe(
    v.instance(URL),
    v.transform((url) => fileURLToPath(url)),
  ),
]);

const format = v.optional(v.picklist(['csv', 'tsv', 'jsonl']));

export const dataSpec = v.variant('type', [
  /** Labelled texts, shared out at random. */
  v.strictObject({ type: v.literal('texts'), load: aFunction<() => TextDataset>(), ...heldOut }),
  /** Labelled texts in a file, which may be larger than memory. */
  v.strictObject({
    type: v.literal('textFile'),
    path,
    format,
    /** Columns. */
    text: v.string(),
    label: v.string(),
    /** Column that tells samples of one origin; the same value in two parts of the split is warned of. */
    id: v.optional(v.string()),
    ...heldOut,
  }),
  /** A file whose every row is a sequence of numbers, a step a column, with a label. */
  v.strictObject({
    type: v.literal('numberFile'),
    path,
    format,
    columns: v.pipe(v.array(v.string()), v.minLength(1)),
    label: v.string(),
    ...heldOut,
  }),
  /** One long text; its end is held out. */
  v.strictObject({ type: v.literal('corpus'), load: aFunction<() => Corpus>(), ...heldOut }),
  /** Numbers over time; the last rows are held out. Samples are windows of `context` steps. */
  v.strictObject({
    type: v.literal('series'),
    /** A function, or a file whose rows follow each other in time and the column that holds it. */
    load: v.union([aFunction<() => Series>(), v.strictObject({ path, format, time: v.optional(v.string()) })]),
    context: positiveInt,
    /** Steps ahead. */
    horizon: positiveInt,
    /** Columns read, those known beforehand for the steps to come too, and those foretold. */
    inputs: v.pipe(v.array(v.string()), v.minLength(1)),
    known: v.optional(v.array(v.string()), []),
    targets: v.pipe(v.array(v.string()), v.minLength(1)),
    quantiles: v.optional(v.array(finite), []),
    /** Foretell how far targets move from the last row read. */
    relative: v.optional(v.boolean(), false),
    ...heldOut,
  }),
  /** Sequences that need no tokenizer, shared out in their order. */
  v.strictObject({ type: v.literal('encoded'), load: aFunction<(dice: Dice) => EncodedSequences>(), ...heldOut }),
]);

export type DataSpec = v.InferOutput<typeof dataSpec>;
