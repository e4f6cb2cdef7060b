import type * as v from 'valibot';
import type { TableFormat } from '../spec.ts';
import type { Truncation } from './truncation.ts';

/** An input as the model reads it. */
export interface Sample {
  /** Token ids [steps], or float features [steps, width]. */
  values: readonly number[] | Float32Array;
  steps: number;
  /** Set where the input has more steps than the model reads. */
  truncated?: Truncation;
  /** The text of each step's token. */
  tokens?: readonly string[];
  /** Whether each step's token is outside the vocabulary and was read as the OOV token. */
  unknown?: readonly boolean[];
  /** Of a forecast: each target's value at a step. */
  targetsAt?(step: number): number[];
}

/** Turns what a person sends into what a model reads. Training encodes its data with the same readers. */
export interface Reader<I = unknown> {
  /** One input, for APIs. */
  readonly schema: v.GenericSchema<unknown, I>;
  /** An input that any model of this kind can read. */
  readonly example: I;
  /** The columns of a table that it reads; undefined where a table cannot be an input. */
  readonly table?: {
    columns: readonly string[];
    cells: 'text' | 'numbers';
    /** Whether each row is an input, or all rows together are one, the oldest first. */
    inputs: 'rows' | 'whole';
    format?: TableFormat | undefined;
  };
  /** Inputs longer than the model's maxLength are cut; the sample then has `truncated`. @throws InputError if the input cannot be read. */
  read(input: I): Sample;
}

/** Longest array or text of one input. */
export const MAX_LENGTH = 20_000;
