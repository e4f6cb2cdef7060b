import type { Regularizer } from '../weights/weight-options.ts';

/** l1·Σ|w| + l2·Σw² in float64. As keras.regularizers.L1L2. */
export function penalty(values: Float32Array, regularizer: Regularizer): number {
  const { l1, l2 } = factors(regularizer);
  let sum = 0;
  for (const value of values) sum += l1 * Math.abs(value) + l2 * value * value;
  return sum;
}

/** Adds `weight` times the gradient of the penalty, l1·sign(w) + 2·l2·w, to a gradient. */
export function addPenaltyGradient(gradient: Float32Array, values: Float32Array, regularizer: Regularizer, weight: number): void {
  const { l1, l2 } = factors(regularizer);
  for (const [i, value] of values.entries()) {
    gradient[i] = (gradient[i] as number) + weight * (l1 * Math.sign(value) + 2 * l2 * value);
  }
}

const factors = (regularizer: Regularizer) => ({ l1: 0, l2: 0, ...regularizer });
