import { finite, positive } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';

/** Inputs of one optimizer step: segments of one length. */
export interface UpdateInput {
  parameters: Float32Array;
  gradient: Float32Array;
  /** In the order of the optimizer's `state`. */
  state: readonly Float32Array[];
}
/** Outputs of one optimizer step. They may be the input arrays. */
export type UpdateOutput = Pick<UpdateInput, 'parameters' | 'state'>;

export interface StepOptions {
  learningRate: number;
  /** Counted from 1. */
  step: number;
  /** The factor on the parameters before the step: 1 - learningRate·weightDecay; 1 for parameters that do not decay. */
  keep: number;
}

export interface Optimizer {
  /** Names of the state arrays, each as long as the parameters. They start as zeros. */
  readonly state: readonly string[];
  /** One step on a segment of the parameters. It works element by element, so the bits do not depend on how the vector is cut. */
  update(input: UpdateInput, output: UpdateOutput, options: StepOptions): void;
}

/** A decay rate of a moving average. */
export const decayRate = v.pipe(finite, v.minValue(0), v.ltValue(1));

export const epsilon = v.optional(positive, 1e-7);

/** Options of every optimizer. */
export const optimizerOptions = {
  learningRate: v.optional(positive, 0.001),
  /** Decoupled weight decay (Loshchilov & Hutter, 2019): each step first shrinks the weights by learningRate·weightDecay. */
  weightDecay: v.optional(v.pipe(finite, v.minValue(0))),
  /** Weights that do not decay: those whose name contains one of these texts, such as 'bias' or 'layerNormalization'. */
  excludeFromWeightDecay: v.optional(v.array(v.pipe(v.string(), v.minLength(1)))),
};
