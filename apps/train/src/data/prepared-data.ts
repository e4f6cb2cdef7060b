import type { Split } from '@unroll/datasets/split.ts';
import type { ModelSpec } from '@unroll/model/spec.ts';
import type { ForecastSpec } from '@unroll/model/tasks/forecast.ts';
import type { AnyTask } from '@unroll/model/tasks/registry.ts';
import type { Tokenizer } from '@unroll/text/tokenizer.ts';
import type { Known } from '../recipe/known.ts';
import type { Sequences } from './sequences.ts';

/** A recipe's data, read and split. A kind of data is a file in this directory that makes one of these. */
export interface PreparedData {
  known: Known;
  split: Split;
  tokenizer?: Tokenizer;
  /** Called once the model is settled. */
  encode(spec: ModelSpec, task: AnyTask): Sequences;
  /** For a person: '2,085 training, 298 validation, 596 test samples, 1,800 words'. */
  summary: string;
  /** What may spoil the result, though it can be trained on. */
  warnings: readonly string[];
  source: string;
}

export const count = (value: number) => value.toLocaleString('en');

/** '2,085 training, 298 validation, 596 test' and what they are. */
export function splitSummary({ train, validation, test }: Record<keyof Split, { length: number }>, unit: string): string {
  return `${count(train.length)} training, ${count(validation.length)} validation, ${count(test.length)} test ${unit}`;
}

/** Indices 0 .. n-1 cut in their order. @throws if a part is empty. */
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

/** The task of foretelling numbers as they are from numbers as they are. */
export function plainForecast(features: number, targetWidth: number): ForecastSpec {
  const columns = (name: string, length: number) => Array.from({ length }, (_, i) => ({ name: `${name}${i}`, mean: 0, scale: 1 }));
  const targets = columns('y', targetWidth);
  return { type: 'forecast', horizon: 1, inputs: columns('x', features), known: [], targets, relative: false, quantiles: [] };
}

export const nothingKnown: Known = { vocabularySize: 0, labels: [], features: 0, units: 0, forecast: plainForecast(0, 1) };

/** Of values that can be gone through twice; those that never move get scale 1. */
export function meanAndDeviation(values: () => Iterable<number>): { mean: number; scale: number } {
  let [count, sum, squares] = [0, 0, 0];
  for (const value of values()) {
    count++;
    sum += value;
  }
  const mean = sum / count;
  for (const value of values()) squares += (value - mean) ** 2;
  return { mean, scale: squares > 0 ? Math.sqrt(squares / count) : 1 };
}
