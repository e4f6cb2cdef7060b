/** Sequences that need no tokenizer: ids, or rows of numbers, one after the other. */
export interface EncodedSequences {
  name: string;
  source: string;
  /** One id per step, or `features` floats per step. */
  inputs: Int32Array | Float32Array;
  /** Floats per step; 0 for ids. */
  features: number;
  /** Steps of each sequence. */
  lengths: Int32Array;
  /** `targetWidth` floats per sequence or per step, or the labels of all sequences one after the other. A step with a NaN target is not scored. */
  targets: Float32Array;
  /** 'sequence': the target of a sequence is a list of `targetLengths[i]` labels. */
  targetsOf: 'sample' | 'step' | 'sequence';
  targetWidth: number;
  targetLengths?: Int32Array;
}

/** The random numbers that synthetic data needs. */
export interface Dice {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Uniform integer in [0, n). */
  integer(n: number): number;
}
