import type * as tf from '@tensorflow/tfjs-core';
import type { Initializer } from './initializers.ts';
import type { Constraint, Regularizer } from './weight-options.ts';

/** A named tensor that a layer learns (trainable) or tracks (batch statistics). */
export interface WeightSpec {
  name: string;
  shape: number[];
  initializer: Initializer;
  trainable: boolean;
  /** Never changes: its layer has `trainable: false`. Other weights that are not trainable track the batches. */
  frozen?: boolean;
  regularizer?: Regularizer;
  constraint?: Constraint;
  /**
   * How the layer computes with this weight in int8: a matrix quantized by columns, of so many gates, or a table quantized by rows.
   * The layer then gets a tensor from int8-tensors.ts. Undefined if the layer needs float32.
   */
  int8?: { gates: number } | 'rows';
}

/** The weights of a layer with `trainable: false`. */
export const frozen = { trainable: false, frozen: true } as const;

/** Weights by full name: `lstm_0/kernel`, `bidirectional_0/forward/recurrentKernel`. */
export type Params = Readonly<Record<string, tf.Tensor>>;
