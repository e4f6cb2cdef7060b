import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import type { Initializer } from '../weights/initializers.ts';
import { activationOf, activationSpec, fusedGates } from './activations.ts';
import { affine, type Cell, type CellWeights, cellOptions, cellWeights, chronoBias, chronoSteps, dropUnits } from './cell.ts';

export const gruCellOptions = {
  ...cellOptions,
  recurrentActivation: v.optional(activationSpec, 'sigmoid'),
  resetAfter: v.optional(v.boolean(), true),
  chronoSteps,
};
export type GruCellOptions = v.InferOutput<v.StrictObjectSchema<typeof gruCellOptions, undefined>>;

/**
 * The gated recurrent unit.
 *
 *     z = σ(x_t·W_z + h_{t-1}·U_z + b_z)            x [B, D]; h and gates [B, H]
 *     r = σ(x_t·W_r + h_{t-1}·U_r + b_r)            W [D, 3H], U [H, 3H], in Keras' order z, r, h
 *     resetAfter:  ĥ = tanh(x_t·W_h + b_h + r ∘ (h_{t-1}·U_h + b'_h))       b [2, 3H]: input row, recurrent row
 *     otherwise:   ĥ = tanh(x_t·W_h + b_h + (r ∘ h_{t-1})·U_h)              b [3H]
 *     h_t = z ∘ h_{t-1} + (1 - z) ∘ ĥ
 *
 * σ is `recurrentActivation`, tanh is `activation`. resetAfter is Keras' default and cuDNN's form. `chronoSteps` starts z's bias for
 * memories of up to that many steps. Sources: Cho et al. (2014); keras.layers.GRUCell.
 */
export function gruCell(options: GruCellOptions): Cell {
  const { units, resetAfter, chronoSteps: steps } = options;
  const activation = activationOf(options.activation);
  const recurrentActivation = activationOf(options.recurrentActivation);

  /** Each gate by itself: a softmax over both would mix them. */
  function gates(joined: tf.Tensor2D): [z: tf.Tensor2D, r: tf.Tensor2D] {
    const [z, r] = tf.split(joined, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
    return [recurrentActivation(z), recurrentActivation(r)];
  }

  function stepResetAfter({ recurrentKernel, bias }: CellWeights, projected: tf.Tensor2D, previous: tf.Tensor2D) {
    const recurrent = affine(previous, recurrentKernel, biasRow(bias, 1));
    const [xGates, xCandidate] = tf.split(projected, [2 * units, units], 1) as [tf.Tensor2D, tf.Tensor2D];
    const [hGates, hCandidate] = tf.split(recurrent, [2 * units, units], 1) as [tf.Tensor2D, tf.Tensor2D];
    const [z, r] = gates(tf.add(xGates, hGates));
    return { z, candidate: activation(tf.add<tf.Tensor2D>(xCandidate, tf.mul(r, hCandidate))) };
  }

  function stepResetBefore({ recurrentKernel }: CellWeights, projected: tf.Tensor2D, previous: tf.Tensor2D) {
    const [uGates, uCandidate] = tf.split(recurrentKernel as tf.Tensor2D, [2 * units, units], 1) as [tf.Tensor2D, tf.Tensor2D];
    const [xGates, xCandidate] = tf.split(projected, [2 * units, units], 1) as [tf.Tensor2D, tf.Tensor2D];
    const [z, r] = gates(tf.add<tf.Tensor2D>(xGates, tf.matMul(previous, uGates)));
    return { z, candidate: activation(tf.add<tf.Tensor2D>(xCandidate, tf.matMul<tf.Tensor2D>(tf.mul(r, previous), uCandidate))) };
  }

  const fusedGate = options.activation === 'tanh' ? fusedGates(options.recurrentActivation) : undefined;
  const step = resetAfter ? stepResetAfter : stepResetBefore;
  return {
    units,
    gates: 3,
    stateCount: 1,
    fused: fusedGate && { cell: resetAfter ? 'gruResetAfter' : 'gruResetBefore', ...fusedGate },
    weights(inputFeatures) {
      const specs = cellWeights(options, 3, inputFeatures, { fused: fusedGate !== undefined, biasRows: resetAfter ? 2 : 1 });
      if (steps === undefined) return specs;
      // z keeps the state, and comes first.
      return specs.map((spec) => {
        const initializer: Initializer = (shape, random) => chronoBias(spec.initializer(shape, random), 0, units, steps, random);
        return spec.name === 'bias' ? { ...spec, initializer } : spec;
      });
    },
    projectInput: ({ kernel, bias }, x) => affine(x, kernel, resetAfter ? biasRow(bias, 0) : bias),
    step(weights, projected, [h], mask) {
      const previous = dropUnits(h, mask);
      const { z, candidate } = step(weights, projected, previous);
      // z ∘ h + (1 - z) ∘ ĥ = ĥ + z ∘ (h - ĥ): one product fewer.
      return [tf.add(candidate, tf.mul(z, tf.sub(h as tf.Tensor2D, candidate)))];
    },
  };
}

function biasRow(bias: tf.Tensor2D | undefined, row: 0 | 1): tf.Tensor2D | undefined {
  return bias && tf.slice(bias, [row, 0], [1, -1]);
}
