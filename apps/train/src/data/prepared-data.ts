import type { Split } from '@unroll/datasets/split.ts';
import { readLimit } from '@unroll/model/readers/read-limit.ts';
import type { Reader } from '@unroll/model/readers/reader.ts';
import type { InputSpec, ModelSpec } from '@unroll/model/spec.ts';
import type { ForecastSpec } from '@unroll/model/tasks/forecast.ts';
import type { AnyTask } from '@unroll/model/tasks/registry.ts';
import type { RegressSpec } from '@unroll/model/tasks/regress.ts';
import type { Tokenizer } from '@unroll/text/tokenizer.ts';
import type { Known } from '../recipe/known.ts';
import type { Sequences } from './sequences.ts';

/** A recipe's data, read and split. Each kind of data has a file in this directory that returns it. */
export interface PreparedData {
  known: Known;
  split: Split;
  /** How often an epoch shows a training sample; once if left out. */
  timesShown?(sample: number): number;
  tokenizer?: Tokenizer;
  /** Of what the model writes, if that has another one. */
  targetTokenizer?: Tokenizer;
  /** The data's part of the model's input: columns and their scaling. */
  input?: { type: InputSpec['type'] } & Partial<InputSpec>;
  /** Encodes the data for a model. */
  encode(encoding: Encoding): Encoded;
  /** For display: '2,085 training, 298 validation, 596 test samples, 1,800 words'. */
  summary: string;
  /** Problems that allow training but may spoil its result. */
  warnings: readonly string[];
  source: string;
}

/** The model that data are encoded for, with its artifact's tokenizers and reader. */
export interface Encoding {
  spec: ModelSpec;
  task: AnyTask;
  tokenizer: Tokenizer | undefined;
  targetTokenizer: Tokenizer | undefined;
  reader: Reader;
}

export interface Encoded {
  sequences: Sequences;
  /** Replaces the data's split if some rows hold nothing to read. */
  split?: Split;
  warnings?: readonly string[];
}

export const count = (value: number) => value.toLocaleString('en');

/** '2,085 training, 298 validation, 596 test' and the unit. */
export function splitSummary({ train, validation, test }: Record<keyof Split, { length: number }>, unit: string): string {
  return `${count(train.length)} training, ${count(validation.length)} validation, ${count(test.length)} test ${unit}`;
}

/** The training samples of an epoch; some may occur more than once. */
export function epochSamples({ split: { train }, timesShown }: Pick<PreparedData, 'split' | 'timesShown'>): Int32Array {
  return timesShown ? Int32Array.from([...train].flatMap((sample) => new Array<number>(timesShown(sample)).fill(sample))) : train;
}

/** Indices 0 .. n-1, cut into parts in this order. @throws if a part is empty. */
export function splitInOrder(n: number, shares: { validation: number; test: number }, what: string): Split {
  const test = Math.round(n * shares.test);
  const validation = Math.round(n * shares.validation);
  const train = n - test - validation;
  if (Math.min(test, validation, train) < 1) {
    throw new Error(`split: ${n} ${what} leave ${train} for training, ${validation} for validation, ${test} for test; each needs one`);
  }
  const range = (from: number, length: number) => Int32Array.from({ length }, (_, i) => from + i);
  return { train: range(0, train), validation: range(train, validation), test: range(train + validation, test) };
}

/** A forecast task with unscaled inputs and targets. */
export function plainForecast(features: number, targetWidth: number): ForecastSpec {
  const columns = (name: string, length: number) => Array.from({ length }, (_, i) => ({ name: `${name}${i}`, mean: 0, scale: 1 }));
  const targets = columns('y', targetWidth);
  return { type: 'forecast', horizon: 1, inputs: columns('x', features), known: [], targets, relative: false, quantiles: [] };
}

/** The task that predicts unscaled numbers. */
export const plainRegress = (targetWidth: number): RegressSpec => ({ type: 'regress', targets: plainForecast(0, targetWidth).targets });

export const nothingKnown: Known = {
  vocabularySize: 0,
  labels: [],
  features: 0,
  units: 0,
  forecast: plainForecast(0, 1),
  regress: plainRegress(1),
  source: { vocabularySize: 0 },
  target: { vocabularySize: 0, start: 0, end: 0 },
};

/** A warning that counts the inputs that are cut and names the setting that reads them whole. */
export function cutWarning(what: string, { cut, of, longest }: { cut: number; of: number; longest: number }, spec: ModelSpec): string[] {
  if (cut === 0) return [];
  const { steps, setting } = readLimit(spec);
  return [
    `${count(cut)} of ${count(of)} ${what} (${cut / of < 0.0005 ? 'under 0.1' : ((100 * cut) / of).toFixed(1)} %) are longer than the ${count(steps)} steps that the model reads; ` +
      `the rest of each is not read. To read all of them, raise ${setting} in the recipe's model to ${count(longest)}`,
  ];
}

/** Mean and standard deviation, in two passes over the values. Equal values get scale 1. */
export function meanAndDeviation(values: () => Iterable<number>): { mean: number; scale: number } {
  let [count, sum, squares] = [0, 0, 0];
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values()) {
    count++;
    sum += value;
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  // Rounding: the mean of equal values may differ from them, and their deviation may differ from 0.
  if (lowest === highest) return { mean: lowest, scale: 1 };
  const mean = sum / count;
  for (const value of values()) squares += (value - mean) ** 2;
  return { mean, scale: Math.sqrt(squares / count) };
}
