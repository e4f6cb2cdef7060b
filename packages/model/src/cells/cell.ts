import { add, matMul, mul, type Tensor2D } from '@tensorflow/tfjs-core';
import type { RecurrentAttrs } from '@unroll/backend/recurrent-op.ts';
import { int, positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { initializerName, initializers } from '../weights/initializers.ts';
import type { Random } from '../weights/random.ts';
import type { WeightSpec } from '../weights/weight.ts';
import { activationName } from './activations.ts';

/** Options that every recurrent cell has, in Keras' words and with Keras 3's defaults. */
export const cellOptions = {
  units: positiveInt,
  activation: v.optional(activationName, 'tanh'),
  useBias: v.optional(v.boolean(), true),
  kernelInitializer: v.optional(initializerName, 'glorotUniform'),
  recurrentInitializer: v.optional(initializerName, 'orthogonal'),
  biasInitializer: v.optional(initializerName, 'zeros'),
};
export type CellOptions = v.InferOutput<v.StrictObjectSchema<typeof cellOptions, undefined>>;

/** For cells with gates: begin as one that remembers over up to so many steps (Tallec & Ollivier, 2018). */
export const chronoSteps = v.optional(v.pipe(int, v.minValue(3)));

/**
 * Chrono initialization (Tallec & Ollivier, 2018): a gate that keeps with bias log u, u uniform in [1, steps - 1], forgets after u
 * steps or so. Fills [start, start + units) with it.
 */
export function chronoBias(bias: Float32Array, start: number, units: number, steps: number, random: Random): Float32Array {
  for (let i = start; i < start + units; i++) bias[i] = Math.log(1 + random.uniform() * (steps - 2));
  return bias;
}

/** A cell's weights by local name: `kernel` [D, gates·H], `recurrentKernel` [H, gates·H], `bias`. */
export type CellWeights = Readonly<Record<string, Tensor2D>>;

/** Dropout masks for the recurrent product, already scaled by 1/(1-rate); undefined when none is dropped. */
export type RecurrentMask = Tensor2D | undefined;

/** Cells that the backend's fused op runs over a whole sequence, by the op's names. */
export type FusedCell = RecurrentAttrs['cell'];

/** One time step of a recurrent network as a pure function. The first state is the output. */
export interface Cell {
  readonly units: number;
  /** Tensors of shape [B, H] in the state: 1, or 2 for an LSTM's [h, c]. */
  readonly stateCount: number;
  /** What the fused op knows this cell as, if it does. */
  readonly fused?: FusedCell | undefined;
  weights(inputFeatures: number): WeightSpec[];
  /** The part of a step that does not depend on the state, for any number of steps at once: [N, D] → [N, gates·H]. */
  projectInput(weights: CellWeights, x: Tensor2D): Tensor2D;
  /** projected [B, gates·H], state of [B, H] → the next state. */
  step(weights: CellWeights, projected: Tensor2D, state: readonly Tensor2D[], recurrentMask: RecurrentMask): Tensor2D[];
}

/** kernel, recurrentKernel and bias of a cell with `gates` gates, in Keras' layout. A fused cell can run on int8. */
export function cellWeights(
  options: CellOptions,
  gates: number,
  inputFeatures: number,
  { fused = false, biasRows = 1 } = {},
): WeightSpec[] {
  const { units, useBias, kernelInitializer, recurrentInitializer, biasInitializer } = options;
  const columns = gates * units;
  const int8 = fused && { int8: { gates } };
  return [
    { name: 'kernel', shape: [inputFeatures, columns], initializer: initializers[kernelInitializer], trainable: true, ...int8 },
    { name: 'recurrentKernel', shape: [units, columns], initializer: initializers[recurrentInitializer], trainable: true, ...int8 },
    ...(useBias
      ? [
          {
            name: 'bias',
            shape: biasRows === 1 ? [columns] : [biasRows, columns],
            initializer: initializers[biasInitializer],
            trainable: true,
          },
        ]
      : []),
  ];
}

/** x·W + b, or x·W of a cell without bias. */
export function affine(x: Tensor2D, kernel: Tensor2D | undefined, bias: Tensor2D | undefined): Tensor2D {
  const product = matMul<Tensor2D>(x, kernel as Tensor2D);
  return bias ? add<Tensor2D>(product, bias) : product;
}

/** The previous output as the recurrent product sees it under dropout. */
export function dropUnits(h: Tensor2D | undefined, mask: RecurrentMask): Tensor2D {
  return mask ? mul<Tensor2D>(h as Tensor2D, mask) : (h as Tensor2D);
}
