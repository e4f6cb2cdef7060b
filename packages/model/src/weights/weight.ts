import type * as tf from '@tensorflow/tfjs-core';
import type { Initializer } from './initializers.ts';

/** A named tensor that a layer learns (trainable) or tracks (batch statistics). */
export interface WeightSpec {
  name: string;
  shape: number[];
  initializer: Initializer;
  trainable: boolean;
  /**
   * How the layer can compute with this weight in int8, if it can: by columns, in so many gates, or by rows. The tensor it is
   * given then is one of int8-tensors.ts.
   */
  int8?: { gates: number } | 'rows';
}

/** Weights by full name: `lstm_0/kernel`, `bidirectional_0/forward/recurrentKernel`. */
export type Params = Readonly<Record<string, tf.Tensor>>;
