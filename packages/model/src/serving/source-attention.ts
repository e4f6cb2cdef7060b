import * as tf from '@tensorflow/tfjs-core';
import type { Hypothesis } from '../decoding/beam-search.ts';
import { InputError } from '../readers/input-error.ts';

/** What the hypotheses of a search attend to in a source of `steps` tokens. Of several layers the last counts, of several heads the mean. */
export function recordAttention(steps: number) {
  /** Of each step of the search, [rows, steps]. */
  const recorded: Float32Array[] = [];
  let latest: Float32Array | undefined;
  return {
    /** For `inspectAttention`. */
    inspect(_layer: string, weights: tf.Tensor3D | tf.Tensor4D) {
      if (weights.shape.at(-1) !== steps) return;
      const ofHeads = weights.rank === 4 ? tf.mean(weights, 1) : weights;
      latest = ofHeads.dataSync() as Float32Array;
    },
    /** Ends a step of the search. @throws InputError if no layer attended to the source. */
    endStep() {
      if (!latest) throw new InputError('attention: no layer of this model attends to the tokens of its source; leave it out');
      recorded.push(latest);
      latest = undefined;
    },
    /** [tokens of the hypothesis, first `read` tokens of the source] */
    weightsOf({ rows }: Hypothesis, read: number): number[][] {
      return rows.map((row, step) => Array.from((recorded[step] as Float32Array).subarray(row * steps, row * steps + read)));
    },
  };
}
