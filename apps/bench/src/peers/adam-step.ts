import * as tf from '@tensorflow/tfjs-core';
import { createOptimizer, optimizerSpec } from '@unroll/model/optimizers.ts';
import * as v from 'valibot';
import type { Work } from '../serve.ts';

/** A training step: gradients of a loss by all parameters, and Adam on flat parameters. */
export function adamStep(params: readonly tf.Tensor[], loss: (...weights: tf.Tensor[]) => tf.Scalar): Work {
  const flat = params.map((tensor) => tensor.dataSync() as Float32Array);
  const adam = createOptimizer(v.parse(optimizerSpec, { type: 'adam' }));
  const moments = flat.map(({ length }) => adam.state.map(() => new Float32Array(length)));
  let updates = 0;
  return () =>
    tf.tidy(() => {
      const weights = flat.map((values, i) => tf.tensor(values, (params[i] as tf.Tensor).shape));
      const { value, grads } = tf.valueAndGrads(loss)(weights);
      updates++;
      for (const [i, grad] of grads.entries()) {
        const own = { parameters: flat[i] as Float32Array, state: moments[i] as Float32Array[] };
        adam.update({ ...own, gradient: grad.dataSync() as Float32Array }, own, { learningRate: 1e-3, step: updates, keep: 1 });
      }
      value.dataSync();
    });
}
