import { add, matMul, mul, type Tensor2D } from '@tensorflow/tfjs-core';
import type { RecurrentAttrs } from '@unroll/ops/recurrent-op.ts';
import { int, positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { initializerName, initializers } from '../weights/initializers.ts';
import type { Random } from '../weights/random.ts';
import type { WeightSpec } from '../weights/weight.ts';
import { weightOptions, weightRules } from '../weights/weight-options.ts';
import { activationSpec } from './activations.ts';

/** Options of every recurrent cell, with Keras 3's names and defaults. */
export const cellOptions = {
  units: positiveInt,
  activation: v.optional(activationSpec, 'tanh'),
  useBias: v.optional(v.boolean(), true),
  kernelInitializer: v.optional(initializerName, 'glorotUniform'),
  recurrentInitializer: v.optional(initializerName, 'orthogonal'),
  biasInitializer: v.optional(initializerName, 'zeros'),
  ...weightOptions('kernel'),
  ...weightOptions('recurrent'),
  ...weightOptions('bias'),
};
export type CellOptions = v.InferOutput<v.StrictObjectSchema<typeof cellOptions, undefined>>;

/** Chrono initialization: the longest memory, in steps, that a gated cell starts with (Tallec & Ollivier, 2018). */
export const chronoSteps = v.optional(v.pipe(int, v.minValue(3)));

/**
 * Chrono initialization (Tallec & Ollivier, 2018) of bias[start .. start + units): log u, u uniform in [1, steps - 1]. A gate with
 * this bias keeps the state for about u steps.
 */
export function chronoBias(bias: Float32Array, start: number, units: number, steps: number, random: Random): Float32Array {
  for (let i = start; i < start + units; i++) bias[i] = Math.log(1 + random.uniform() * (steps - 2));
  return bias;
}

/** A cell's weights by local name: `kernel` [D, G·H], `recurrentKernel` [H, G·H], `bias` [G·H] or [2, G·H]; G gates, H units. */
export type CellWeights = Readonly<Record<string, Tensor2D>>;

/** Factors on h [B, H] in the recurrent product: 0 or 1/(1-rate). Undefined without dropout. */
export type RecurrentMask = Tensor2D | undefined;

/** A cell that the backend's fused op runs over a whole sequence, by the op's options. */
export type FusedCell = Pick<RecurrentAttrs, 'cell' | 'hardSigmoid'>;

/** One time step of a recurrent network as pure functions. The first tensor of the state is the output. */
export interface Cell {
  /** H. */
  readonly units: number;
  /** G: 1, or 4 of an LSTM, or 3 of a GRU. */
  readonly gates: number;
  /** Tensors [B, H] in the state: 1, or 2 for an LSTM's h and c. */
  readonly stateCount: number;
  /** The fused op's options for this cell. Undefined for options that the op does not support. */
  readonly fused?: FusedCell | undefined;
  weights(inputFeatures: number): WeightSpec[];
  /** The part of a step that does not depend on the state, x·W + b, for N steps at once: [N, D] → [N, G·H]. */
  projectInput(weights: CellWeights, x: Tensor2D): Tensor2D;
  /** projected [B, G·H] and the state, each [B, H] → the next state. */
  step(weights: CellWeights, projected: Tensor2D, state: readonly Tensor2D[], recurrentMask: RecurrentMask): Tensor2D[];
}

/** kernel [D, G·H], recurrentKernel [H, G·H] and bias in Keras' layout. A cell with a fused op can run on int8. */
export function cellWeights(
  options: CellOptions,
  gates: number,
  inputFeatures: number,
  { fused = false, biasRows = 1 } = {},
): WeightSpec[] {
  const { units, useBias, kernelInitializer, recurrentInitializer, biasInitializer } = options;
  const columns = gates * units;
  const int8 = fused && { int8: { gates } };
  const biasShape = biasRows === 1 ? [columns] : [biasRows, columns];
  const rules = (name: 'kernel' | 'recurrent' | 'bias', shape: number[]) =>
    weightRules(name, shape, options[`${name}Regularizer`], options[`${name}Constraint`]);
  return [
    {
      name: 'kernel',
      shape: [inputFeatures, columns],
      initializer: initializers[kernelInitializer],
      trainable: true,
      ...int8,
      ...rules('kernel', [inputFeatures, columns]),
    },
    {
      name: 'recurrentKernel',
      shape: [units, columns],
      initializer: initializers[recurrentInitializer],
      trainable: true,
      ...int8,
      ...rules('recurrent', [units, columns]),
    },
    ...(useBias
      ? [
          {
            name: 'bias',
            shape: biasShape,
            initializer: initializers[biasInitializer],
            trainable: true,
            ...rules('bias', biasShape),
          },
        ]
      : []),
  ];
}

/** x·W + b, or x·W without a bias: [N, D] → [N, columns]. */
export function affine(x: Tensor2D, kernel: Tensor2D | undefined, bias: Tensor2D | undefined): Tensor2D {
  const product = matMul<Tensor2D>(x, kernel as Tensor2D);
  return bias ? add<Tensor2D>(product, bias) : product;
}

/** h [B, H] under recurrent dropout. */
export function dropUnits(h: Tensor2D | undefined, mask: RecurrentMask): Tensor2D {
  return mask ? mul<Tensor2D>(h as Tensor2D, mask) : (h as Tensor2D);
}
