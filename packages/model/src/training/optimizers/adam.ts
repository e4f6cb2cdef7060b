import { finite } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { decayRate, epsilon, type Optimizer, optimizerOptions } from './optimizer.ts';

const options = {
  ...optimizerOptions,
  beta1: v.optional(decayRate, 0.9),
  beta2: v.optional(decayRate, 0.999),
  epsilon,
  /** The largest second moment so far in place of the last (Reddi et al., 2018). */
  amsgrad: v.optional(v.boolean()),
};

export const adamSpec = v.strictObject({ type: v.literal('adam'), ...options });
/** Adam whose weights decay by default. */
export const adamWSpec = v.strictObject({
  type: v.literal('adamW'),
  ...options,
  weightDecay: v.optional(v.pipe(finite, v.minValue(0)), 0.004),
});

/**
 * m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g², w ← w - α·√(1-β₂ᵗ)/(1-β₁ᵗ) · m / (√v + ε)  (Kingma & Ba, 2015). As keras.optimizers.Adam
 * and AdamW.
 */
export function adam({ beta1, beta2, epsilon, amsgrad }: v.InferOutput<typeof adamSpec | typeof adamWSpec>): Optimizer {
  return {
    state: ['firstMoment', 'secondMoment', ...(amsgrad ? ['largestSecondMoment'] : [])],
    update({ parameters, gradient, state }, output, { learningRate, step, keep }) {
      const [first, second, largest] = state as [Float32Array, Float32Array, Float32Array?];
      const [nextFirst, nextSecond, nextLargest] = output.state as [Float32Array, Float32Array, Float32Array?];
      const next = output.parameters;
      const rate = (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
      for (let i = 0; i < next.length; i++) {
        const g = gradient[i] as number;
        const m = beta1 * (first[i] as number) + (1 - beta1) * g;
        let v = beta2 * (second[i] as number) + (1 - beta2) * g * g;
        nextFirst[i] = m;
        nextSecond[i] = v;
        if (largest && nextLargest) {
          v = Math.max(largest[i] as number, v);
          nextLargest[i] = v;
        }
        next[i] = (parameters[i] as number) * keep - (rate * m) / (Math.sqrt(v) + epsilon);
      }
    },
  };
}
