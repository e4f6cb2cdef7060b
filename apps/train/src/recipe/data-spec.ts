import { fileURLToPath } from 'node:url';
import type { Corpus } from '@unroll/datasets/corpus.ts';
import type { Dice, EncodedSequences } from '@unroll/datasets/encoded.ts';
import type { PairDataset } from '@unroll/datasets/pairs.ts';
import type { Series } from '@unroll/datasets/series.ts';
import type { TextDataset } from '@unroll/datasets/text-sample.ts';
import { finite, positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';

const fraction = v.pipe(finite, v.gtValue(0), v.ltValue(1));

export const aFunction = <F>() => v.custom<F>((value) => typeof value === 'function', 'expected a function');

const heldOut = {
  /** Shares held out; the rest is for training. */
  validation: fraction,
  test: fraction,
};

/** Every kind of data a recipe may have; src/data has a file for each. */
export const path = v.union([
  v.pipe(v.string(), v.minLength(1)),
  v.pipe(
    v.instance(URL),
    v.transform((url) => fileURLToPath(url)),
  ),
]);

/** A table in a file. Missing options are detected from the file. */
const table = {
  path,
  format: v.optional(v.picklist(['csv', 'tsv', 'jsonl'])),
  /** As TextDecoder names it: 'utf-8', 'windows-1252', 'gb18030'. */
  encoding: v.optional(v.string()),
  /** The character between the cells of a CSV file. */
  separator: v.optional(v.pipe(v.string(), v.length(1))),
};

/** How a table writes its numbers: { decimal: ',', thousands: '.' } for 1.234,5. By default a decimal point and no thousands separator. */
const numbers = v.optional(v.strictObject({ decimal: v.picklist(['.', ',']), thousands: v.optional(v.picklist(['.', ',', ' ', "'"])) }));

const moreTexts = {
  /** More training texts with the same labels: every seed trains on all of them. */
  extra: v.optional(aFunction<() => TextDataset>()),
  /** How often an epoch shows each of the data set's own training texts; `extra` texts are shown once. */
  repeat: v.optional(positiveInt, 1),
};

export const dataSpec = v.variant('type', [
  /** Labelled texts, split at random. */
  v.strictObject({ type: v.literal('texts'), load: aFunction<() => TextDataset>(), ...moreTexts, ...heldOut }),
  /** Labelled texts in a file. The file may be larger than memory. */
  v.strictObject({
    type: v.literal('textFile'),
    ...table,
    /** Columns. */
    text: v.string(),
    label: v.string(),
    /** The column with the origin of a sample; training warns if one value is in two parts of the split. */
    id: v.optional(v.string()),
    ...moreTexts,
    ...heldOut,
  }),
  /** Texts and their translations, split at random; pairs with the same source stay together. */
  v.strictObject({ type: v.literal('pairs'), load: aFunction<() => PairDataset>(), ...heldOut }),
  /** The same from two columns of a file. */
  v.strictObject({ type: v.literal('pairFile'), ...table, source: v.string(), target: v.string(), ...heldOut }),
  /** A table. Each row is a sequence of numbers, one step per column, with a label or with numbers to predict. */
  v.pipe(
    v.strictObject({
      type: v.literal('numberFile'),
      ...table,
      numbers,
      columns: v.pipe(v.array(v.string()), v.minLength(1)),
      /** The column of classes. */
      label: v.optional(v.string()),
      /** Columns of numbers to predict. */
      targets: v.optional(v.pipe(v.array(v.string()), v.minLength(1))),
      ...heldOut,
    }),
    v.check(({ label, targets }) => (label === undefined) !== (targets === undefined), "expected either 'label' or 'targets'"),
    v.check(({ columns, targets = [] }) => !targets.some((name) => columns.includes(name)), 'a target cannot be among the columns'),
  ),
  /** One long text; its end is held out. */
  v.strictObject({ type: v.literal('corpus'), load: aFunction<() => Corpus>(), ...heldOut }),
  /** A corpus that `unroll pack` wrote, with its tokenizer and its split. It may be larger than memory. */
  v.strictObject({ type: v.literal('tokenFile'), path }),
  /** Numbers over time; the last rows are held out. Samples are windows of `context` steps. */
  v.strictObject({
    type: v.literal('series'),
    /** A function, or a table with one row per step. */
    load: v.union([
      aFunction<() => Series>(),
      v.strictObject({
        ...table,
        numbers,
        /** The column with the time of each row. Without it, rows keep the file's order. */
        time: v.optional(v.string()),
        /** The column that tells several series apart. */
        series: v.optional(v.string()),
      }),
    ]),
    context: positiveInt,
    /** Steps ahead. */
    horizon: positiveInt,
    /** Input columns, columns also known for the steps ahead, and columns to forecast. */
    inputs: v.pipe(v.array(v.string()), v.minLength(1)),
    known: v.optional(v.array(v.string()), []),
    targets: v.pipe(v.array(v.string()), v.minLength(1)),
    quantiles: v.optional(v.array(finite), []),
    /** Forecasts a distribution, 'negativeBinomial' of counts, and answers by its quantiles: [0.1, 0.5, 0.9] unless others are given. */
    distribution: v.optional(v.picklist(['gaussian', 'negativeBinomial'])),
    /** Forecasts the change of targets from the last row of the input. */
    relative: v.optional(v.boolean(), false),
    ...heldOut,
  }),
  /** Sequences that need no tokenizer, split in their order. */
  v.strictObject({ type: v.literal('encoded'), load: aFunction<(dice: Dice) => EncodedSequences>(), ...heldOut }),
]);

export type DataSpec = v.InferOutput<typeof dataSpec>;
