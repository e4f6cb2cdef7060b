import * as v from 'valibot';
import { decayRate, epsilon, type Optimizer, optimizerOptions } from './optimizer.ts';

export const nadamSpec = v.strictObject({
  type: v.literal('nadam'),
  ...optimizerOptions,
  beta1: v.optional(decayRate, 0.9),
  beta2: v.optional(decayRate, 0.999),
  epsilon,
});

/** The factor on β₁ at a step: 1 - 0.96ᵗ/2. */
const warmth = (step: number) => 1 - 0.5 * 0.96 ** step;

/** Π of β₁·warmth over steps 1 to t. From step 1,000 on, warmth is 1 in float64. */
function momentumProduct(beta1: number, step: number): number {
  let product = beta1 ** step;
  for (let t = 1; t <= Math.min(step, 1000); t++) product *= warmth(t);
  return product;
}

/**
 * Adam with Nesterov momentum, u_t = β₁(1 - 0.96ᵗ/2), U_t = Π u:
 * w ← w - α · (u_{t+1}·m / (1 - U_{t+1}) + (1 - u_t)·g / (1 - U_t)) / (√(v / (1-β₂ᵗ)) + ε)  (Dozat, 2016). As keras.optimizers.Nadam.
 */
export function nadam({ beta1, beta2, epsilon }: v.InferOutput<typeof nadamSpec>): Optimizer {
  return {
    state: ['firstMoment', 'secondMoment'],
    update({ parameters, gradient, state }, output, { learningRate, step, keep }) {
      const [first, second] = state as [Float32Array, Float32Array];
      const [nextFirst, nextSecond] = output.state as [Float32Array, Float32Array];
      const next = output.parameters;
      const ofMoment = (beta1 * warmth(step + 1)) / (1 - momentumProduct(beta1, step + 1));
      const ofGradient = (1 - beta1 * warmth(step)) / (1 - momentumProduct(beta1, step));
      const correction = 1 - beta2 ** step;
      for (let i = 0; i < next.length; i++) {
        const g = gradient[i] as number;
        const m = beta1 * (first[i] as number) + (1 - beta1) * g;
        const v = beta2 * (second[i] as number) + (1 - beta2) * g * g;
        nextFirst[i] = m;
        nextSecond[i] = v;
        const moment = ofMoment * m + ofGradient * g;
        next[i] = (parameters[i] as number) * keep - (learningRate * moment) / (Math.sqrt(v / correction) + epsilon);
      }
    },
  };
}
