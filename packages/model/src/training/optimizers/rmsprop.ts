import * as v from 'valibot';
import { decayRate, epsilon, type Optimizer, optimizerOptions } from './optimizer.ts';

export const rmspropSpec = v.strictObject({
  type: v.literal('rmsprop'),
  ...optimizerOptions,
  rho: v.optional(decayRate, 0.9),
  epsilon,
});

/** s ← ρs + (1-ρ)g², w ← w - αg / √(s + ε) (Tieleman & Hinton, 2012). As keras.optimizers.RMSprop. */
export function rmsprop({ rho, epsilon }: v.InferOutput<typeof rmspropSpec>): Optimizer {
  return {
    state: ['meanSquare'],
    update({ parameters, gradient, state }, output, { learningRate, keep }) {
      const [meanSquare] = state as [Float32Array];
      const [nextMeanSquare] = output.state as [Float32Array];
      const next = output.parameters;
      for (let i = 0; i < next.length; i++) {
        const g = gradient[i] as number;
        const s = rho * (meanSquare[i] as number) + (1 - rho) * g * g;
        nextMeanSquare[i] = s;
        next[i] = (parameters[i] as number) * keep - (learningRate * g) / Math.sqrt(s + epsilon);
      }
    },
  };
}
