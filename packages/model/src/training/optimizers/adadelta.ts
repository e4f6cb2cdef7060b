import * as v from 'valibot';
import { decayRate, epsilon, type Optimizer, optimizerOptions } from './optimizer.ts';

export const adadeltaSpec = v.strictObject({
  type: v.literal('adadelta'),
  ...optimizerOptions,
  rho: v.optional(decayRate, 0.95),
  epsilon,
});

/**
 * s ← ρs + (1-ρ)g², δ = g·√(d + ε) / √(s + ε), d ← ρd + (1-ρ)δ², w ← w - αδ (Zeiler, 2012). As keras.optimizers.Adadelta, whose
 * α is 0.001; the paper's is 1.
 */
export function adadelta({ rho, epsilon }: v.InferOutput<typeof adadeltaSpec>): Optimizer {
  return {
    state: ['meanSquare', 'meanSquareOfSteps'],
    update({ parameters, gradient, state }, output, { learningRate, keep }) {
      const [squares, steps] = state as [Float32Array, Float32Array];
      const [nextSquares, nextSteps] = output.state as [Float32Array, Float32Array];
      const next = output.parameters;
      for (let i = 0; i < next.length; i++) {
        const g = gradient[i] as number;
        const s = rho * (squares[i] as number) + (1 - rho) * g * g;
        const d = steps[i] as number;
        const delta = (g * Math.sqrt(d + epsilon)) / Math.sqrt(s + epsilon);
        nextSquares[i] = s;
        nextSteps[i] = rho * d + (1 - rho) * delta * delta;
        next[i] = (parameters[i] as number) * keep - learningRate * delta;
      }
    },
  };
}
