import { finite, positive } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';

const decay = v.pipe(finite, v.minValue(0), v.ltValue(1));

/** Keras 3's optimizers with its names and defaults. */
export const optimizerSpec = v.variant('type', [
  v.strictObject({
    type: v.literal('sgd'),
    learningRate: v.optional(positive, 0.01),
    momentum: v.optional(decay, 0),
    nesterov: v.optional(v.boolean(), false),
  }),
  v.strictObject({
    type: v.literal('rmsprop'),
    learningRate: v.optional(positive, 0.001),
    rho: v.optional(decay, 0.9),
    epsilon: v.optional(positive, 1e-7),
  }),
  v.strictObject({
    type: v.literal('adam'),
    learningRate: v.optional(positive, 0.001),
    beta1: v.optional(decay, 0.9),
    beta2: v.optional(decay, 0.999),
    epsilon: v.optional(positive, 1e-7),
  }),
  v.strictObject({
    type: v.literal('adamW'),
    learningRate: v.optional(positive, 0.001),
    beta1: v.optional(decay, 0.9),
    beta2: v.optional(decay, 0.999),
    epsilon: v.optional(positive, 1e-7),
    weightDecay: v.optional(v.pipe(finite, v.minValue(0)), 0.004),
  }),
]);
export type OptimizerSpec = v.InferOutput<typeof optimizerSpec>;

/** Inputs of one optimizer step: segments of one length. */
export interface UpdateInput {
  parameters: Float32Array;
  gradient: Float32Array;
  /** In the order of the optimizer's `state`. */
  state: readonly Float32Array[];
}
/** Outputs of one optimizer step. They may be the input arrays. */
export type UpdateOutput = Pick<UpdateInput, 'parameters' | 'state'>;

export interface Optimizer {
  /** Names of the state arrays, each as long as the parameters. They start as zeros. */
  readonly state: readonly string[];
  /**
   * One step on a segment of the parameters. It works element by element, so the bits do not depend on how the vector is cut.
   * @param step counted from 1.
   */
  update(input: UpdateInput, output: UpdateOutput, learningRate: number, step: number): void;
}

/** The optimizer of a spec. The caller keeps its arrays. */
export function createOptimizer(spec: OptimizerSpec): Optimizer {
  switch (spec.type) {
    case 'sgd':
      return sgd(spec);
    case 'rmsprop':
      return rmsprop(spec);
    case 'adam':
      return adam({ ...spec, weightDecay: 0 });
    case 'adamW':
      return adam(spec);
  }
}

/** v ← μv - αg, w ← w + v; with Nesterov w ← w + μv - αg (Sutskever et al., 2013). As keras.optimizers.SGD. */
function sgd({ momentum, nesterov }: Extract<OptimizerSpec, { type: 'sgd' }>): Optimizer {
  if (momentum === 0) {
    return {
      state: [],
      update({ parameters, gradient }, output, learningRate) {
        const next = output.parameters;
        for (let i = 0; i < next.length; i++) next[i] = (parameters[i] as number) - learningRate * (gradient[i] as number);
      },
    };
  }
  return {
    state: ['velocity'],
    update({ parameters, gradient, state }, output, learningRate) {
      const [velocity] = state as [Float32Array];
      const [nextVelocity] = output.state as [Float32Array];
      const next = output.parameters;
      for (let i = 0; i < next.length; i++) {
        const step = -learningRate * (gradient[i] as number);
        const v = momentum * (velocity[i] as number) + step;
        nextVelocity[i] = v;
        next[i] = (parameters[i] as number) + (nesterov ? momentum * v + step : v);
      }
    },
  };
}

/** s ← ρs + (1-ρ)g², w ← w - αg / √(s + ε) (Tieleman & Hinton, 2012). As keras.optimizers.RMSprop. */
function rmsprop({ rho, epsilon }: Extract<OptimizerSpec, { type: 'rmsprop' }>): Optimizer {
  return {
    state: ['meanSquare'],
    update({ parameters, gradient, state }, output, learningRate) {
      const [meanSquare] = state as [Float32Array];
      const [nextMeanSquare] = output.state as [Float32Array];
      const next = output.parameters;
      for (let i = 0; i < next.length; i++) {
        const g = gradient[i] as number;
        const s = rho * (meanSquare[i] as number) + (1 - rho) * g * g;
        nextMeanSquare[i] = s;
        next[i] = (parameters[i] as number) - (learningRate * g) / Math.sqrt(s + epsilon);
      }
    },
  };
}

/**
 * m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g², w ← w - α·√(1-β₂ᵗ)/(1-β₁ᵗ) · m / (√v + ε)  (Kingma & Ba, 2015);
 * AdamW first shrinks w by α·weightDecay (Loshchilov & Hutter, 2019). As keras.optimizers.Adam and AdamW.
 */
function adam({ beta1, beta2, epsilon, weightDecay }: Omit<Extract<OptimizerSpec, { type: 'adamW' }>, 'type' | 'learningRate'>): Optimizer {
  return {
    state: ['firstMoment', 'secondMoment'],
    update({ parameters, gradient, state }, output, learningRate, step) {
      const [first, second] = state as [Float32Array, Float32Array];
      const [nextFirst, nextSecond] = output.state as [Float32Array, Float32Array];
      const next = output.parameters;
      const rate = (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
      const keep = 1 - learningRate * weightDecay;
      for (let i = 0; i < next.length; i++) {
        const g = gradient[i] as number;
        const m = beta1 * (first[i] as number) + (1 - beta1) * g;
        const v = beta2 * (second[i] as number) + (1 - beta2) * g * g;
        nextFirst[i] = m;
        nextSecond[i] = v;
        next[i] = (parameters[i] as number) * keep - (rate * m) / (Math.sqrt(v) + epsilon);
      }
    },
  };
}
