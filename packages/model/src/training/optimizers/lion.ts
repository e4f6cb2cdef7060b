import * as v from 'valibot';
import { decayRate, type Optimizer, optimizerOptions } from './optimizer.ts';

export const lionSpec = v.strictObject({
  type: v.literal('lion'),
  ...optimizerOptions,
  beta1: v.optional(decayRate, 0.9),
  beta2: v.optional(decayRate, 0.99),
});

/** w ← w - α·sign(β₁m + (1-β₁)g), m ← β₂m + (1-β₂)g (Chen et al., 2023). As keras.optimizers.Lion. */
export function lion({ beta1, beta2 }: v.InferOutput<typeof lionSpec>): Optimizer {
  return {
    state: ['momentum'],
    update({ parameters, gradient, state }, output, { learningRate, keep }) {
      const [momentum] = state as [Float32Array];
      const [nextMomentum] = output.state as [Float32Array];
      const next = output.parameters;
      for (let i = 0; i < next.length; i++) {
        const g = gradient[i] as number;
        const m = momentum[i] as number;
        next[i] = (parameters[i] as number) * keep - learningRate * Math.sign(beta1 * m + (1 - beta1) * g);
        nextMomentum[i] = beta2 * m + (1 - beta2) * g;
      }
    },
  };
}
