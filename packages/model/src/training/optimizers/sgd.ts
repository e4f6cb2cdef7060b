import { positive } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { decayRate, type Optimizer, optimizerOptions } from './optimizer.ts';

export const sgdSpec = v.strictObject({
  type: v.literal('sgd'),
  ...optimizerOptions,
  learningRate: v.optional(positive, 0.01),
  momentum: v.optional(decayRate, 0),
  nesterov: v.optional(v.boolean(), false),
});

/** v ← μv - αg, w ← w + v; with Nesterov w ← w + μv - αg (Sutskever et al., 2013). As keras.optimizers.SGD. */
export function sgd({ momentum, nesterov }: v.InferOutput<typeof sgdSpec>): Optimizer {
  if (momentum === 0) {
    return {
      state: [],
      update({ parameters, gradient }, output, { learningRate, keep }) {
        const next = output.parameters;
        for (let i = 0; i < next.length; i++) next[i] = (parameters[i] as number) * keep - learningRate * (gradient[i] as number);
      },
    };
  }
  return {
    state: ['velocity'],
    update({ parameters, gradient, state }, output, { learningRate, keep }) {
      const [velocity] = state as [Float32Array];
      const [nextVelocity] = output.state as [Float32Array];
      const next = output.parameters;
      for (let i = 0; i < next.length; i++) {
        const step = -learningRate * (gradient[i] as number);
        const v = momentum * (velocity[i] as number) + step;
        nextVelocity[i] = v;
        next[i] = (parameters[i] as number) * keep + (nesterov ? momentum * v + step : v);
      }
    },
  };
}
