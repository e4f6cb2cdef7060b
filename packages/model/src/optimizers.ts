import { z } from 'zod';

const positive = z.number().positive();
const decay = z.number().min(0).lt(1);

/** Keras 3's optimizers with its names and defaults. */
export const optimizerSpec = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('sgd'),
    learningRate: positive.default(0.01),
    momentum: decay.default(0),
    nesterov: z.boolean().default(false),
  }),
  z.strictObject({
    type: z.literal('rmsprop'),
    learningRate: positive.default(0.001),
    rho: decay.default(0.9),
    epsilon: positive.default(1e-7),
  }),
  z.strictObject({
    type: z.literal('adam'),
    learningRate: positive.default(0.001),
    beta1: decay.default(0.9),
    beta2: decay.default(0.999),
    epsilon: positive.default(1e-7),
  }),
  z.strictObject({
    type: z.literal('adamW'),
    learningRate: positive.default(0.001),
    beta1: decay.default(0.9),
    beta2: decay.default(0.999),
    epsilon: positive.default(1e-7),
    weightDecay: z.number().min(0).default(0.004),
  }),
]);
export type OptimizerSpec = z.infer<typeof optimizerSpec>;

/** Updates parameters in place from one gradient of the same length. */
export type UpdateStep = (parameters: Float32Array, gradient: Float32Array, learningRate: number) => void;

/** An optimizer's state for `length` parameters, all zeros, and its step. */
export function createOptimizer(spec: OptimizerSpec, length: number): UpdateStep {
  switch (spec.type) {
    case 'sgd':
      return sgd(spec, length);
    case 'rmsprop':
      return rmsprop(spec, length);
    case 'adam':
      return adam({ ...spec, weightDecay: 0 }, length);
    case 'adamW':
      return adam(spec, length);
  }
}

/** v ← μv - αg, w ← w + v; with Nesterov w ← w + μv - αg (Sutskever et al., 2013). As keras.optimizers.SGD. */
function sgd({ momentum, nesterov }: Extract<OptimizerSpec, { type: 'sgd' }>, length: number): UpdateStep {
  const velocity = new Float32Array(momentum > 0 ? length : 0);
  return (parameters, gradient, learningRate) => {
    for (let i = 0; i < length; i++) {
      const step = -learningRate * (gradient[i] as number);
      if (momentum === 0) {
        parameters[i] = (parameters[i] as number) + step;
        continue;
      }
      const v = momentum * (velocity[i] as number) + step;
      velocity[i] = v;
      parameters[i] = (parameters[i] as number) + (nesterov ? momentum * v + step : v);
    }
  };
}

/** s ← ρs + (1-ρ)g², w ← w - αg / √(s + ε) (Tieleman & Hinton, 2012). As keras.optimizers.RMSprop. */
function rmsprop({ rho, epsilon }: Extract<OptimizerSpec, { type: 'rmsprop' }>, length: number): UpdateStep {
  const meanSquare = new Float32Array(length);
  return (parameters, gradient, learningRate) => {
    for (let i = 0; i < length; i++) {
      const g = gradient[i] as number;
      const s = rho * (meanSquare[i] as number) + (1 - rho) * g * g;
      meanSquare[i] = s;
      parameters[i] = (parameters[i] as number) - (learningRate * g) / Math.sqrt(s + epsilon);
    }
  };
}

/**
 * m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g², w ← w - α·√(1-β₂ᵗ)/(1-β₁ᵗ) · m / (√v + ε)  (Kingma & Ba, 2015);
 * AdamW first shrinks w by α·weightDecay (Loshchilov & Hutter, 2019). As keras.optimizers.Adam and AdamW.
 */
function adam(
  { beta1, beta2, epsilon, weightDecay }: Omit<Extract<OptimizerSpec, { type: 'adamW' }>, 'type' | 'learningRate'>,
  length: number,
): UpdateStep {
  const first = new Float32Array(length);
  const second = new Float32Array(length);
  let step = 0;
  return (parameters, gradient, learningRate) => {
    step++;
    const rate = (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
    for (let i = 0; i < length; i++) {
      const g = gradient[i] as number;
      const m = beta1 * (first[i] as number) + (1 - beta1) * g;
      const v = beta2 * (second[i] as number) + (1 - beta2) * g * g;
      first[i] = m;
      second[i] = v;
      const w = (parameters[i] as number) * (1 - learningRate * weightDecay);
      parameters[i] = w - (rate * m) / (Math.sqrt(v) + epsilon);
    }
  };
}
