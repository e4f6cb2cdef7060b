import type * as v from 'valibot';

/** An input as the model reads it. */
export interface Sample {
  /** Token ids [steps], or float features [steps, width]. */
  values: readonly number[] | Float32Array;
  steps: number;
  /** The text of each step's token. */
  tokens?: readonly string[];
  /** Whether each step's token is outside the vocabulary and was read as the OOV token. */
  unknown?: readonly boolean[];
  /** Of a forecast: each target's value at a step. */
  targetsAt?(step: number): number[];
}

/** How what a person sends becomes what a model reads. */
export interface Reader<I = unknown> {
  /** One input, for APIs. */
  readonly schema: v.GenericSchema<unknown, I>;
  /** An input that any model of this kind can read. */
  readonly example: I;
  /** Inputs longer than the model's maxLength are cut. @throws InputError if the input says nothing that the model could read. */
  read(input: I): Sample;
}

/** Longest array or text of one input. */
export const MAX_LENGTH = 20_000;
