/** Sequences that need no tokenizer: ids, or rows of numbers, one after the other. */
export interface EncodedSequences {
  name: string;
  source: string;
  /** An id a step, or `features` floats a step. */
  inputs: Int32Array | Float32Array;
  /** Floats a step; 0 for ids. */
  features: number;
  /** Steps of each sequence. */
  lengths: Int32Array;
  /** `targetWidth` floats a sequence, or a step; a step whose target is NaN is not scored. */
  targets: Float32Array;
  targetsOf: 'sample' | 'step';
  targetWidth: number;
}

/** The random numbers that synthetic data needs. */
export interface Dice {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform integer in [0, n). */
  integer(n: number): number;
}
