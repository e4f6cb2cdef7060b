import { finite } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { epsilon, type Optimizer, optimizerOptions } from './optimizer.ts';

export const adagradSpec = v.strictObject({
  type: v.literal('adagrad'),
  ...optimizerOptions,
  initialAccumulatorValue: v.optional(v.pipe(finite, v.minValue(0)), 0.1),
  epsilon,
});

/** s ← s + g², w ← w - αg / √(a + s + ε), a the initial accumulator value (Duchi et al., 2011). As keras.optimizers.Adagrad. */
export function adagrad({ initialAccumulatorValue, epsilon }: v.InferOutput<typeof adagradSpec>): Optimizer {
  return {
    state: ['squares'],
    update({ parameters, gradient, state }, output, { learningRate, keep }) {
      const [squares] = state as [Float32Array];
      const [nextSquares] = output.state as [Float32Array];
      const next = output.parameters;
      for (let i = 0; i < next.length; i++) {
        const g = gradient[i] as number;
        const s = (squares[i] as number) + g * g;
        nextSquares[i] = s;
        next[i] = (parameters[i] as number) * keep - (learningRate * g) / Math.sqrt(initialAccumulatorValue + s + epsilon);
      }
    },
  };
}
