import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import type { Initializer } from '../weights/initializers.ts';
import { activationName, activations } from './activations.ts';
import { affine, type Cell, cellOptions, cellWeights, chronoBias, chronoSteps, dropUnits } from './cell.ts';

export const lstmCellOptions = {
  ...cellOptions,
  recurrentActivation: v.optional(activationName, 'sigmoid'),
  unitForgetBias: v.optional(v.boolean(), true),
  chronoSteps,
};
export type LstmCellOptions = v.InferOutput<v.StrictObjectSchema<typeof lstmCellOptions, undefined>>;

/**
 * The long short-term memory cell, gates in Keras' order i, f, c, o.
 *
 *     i, f, g, o = split(x_t·W + h_{t-1}·U + b)      x [B, D], h and c [B, H], W [D, 4H], U [H, 4H], b [4H]
 *     c_t = σ(f) ∘ c_{t-1} + σ(i) ∘ tanh(g)
 *     h_t = σ(o) ∘ tanh(c_t)
 *
 * With `unitForgetBias` the forget gate's bias starts at 1, with `chronoSteps` as for that long a memory. Sources: Hochreiter & Schmidhuber (1997),
 * Gers et al. (2000), Jozefowicz et al. (2015); keras.layers.LSTMCell.
 */
export function lstmCell(options: LstmCellOptions): Cell {
  const { units } = options;
  const activation = activations[options.activation];
  const recurrentActivation = activations[options.recurrentActivation];
  const canFuse = options.activation === 'tanh' && options.recurrentActivation === 'sigmoid';
  return {
    units,
    stateCount: 2,
    fused: canFuse ? 'lstm' : undefined,
    weights(inputFeatures) {
      const specs = cellWeights(options, 4, inputFeatures, { fused: canFuse });
      return specs.map((spec) => (spec.name === 'bias' ? { ...spec, initializer: biasInitializer(options, spec.initializer) } : spec));
    },
    projectInput: ({ kernel, bias }, x) => affine(x, kernel, bias),
    step({ recurrentKernel }, projected, [h, c], mask) {
      const previous = dropUnits(h, mask);
      const gates = tf.add(projected, tf.matMul(previous, recurrentKernel as tf.Tensor2D));
      const [i, f, g, o] = tf.split(gates, 4, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
      const kept = tf.mul(recurrentActivation(f), c as tf.Tensor2D);
      const next = tf.add(kept, tf.mul(recurrentActivation(i), activation(g))) as tf.Tensor2D;
      return [tf.mul(recurrentActivation(o), activation(next)), next];
    },
  };
}

/** The forget gate's bias is 1, or that of chronoSteps, whose negative the input gate's is then. */
function biasInitializer({ units, unitForgetBias, chronoSteps: steps }: LstmCellOptions, plain: Initializer): Initializer {
  return (shape, random) => {
    const bias = plain(shape, random);
    if (steps === undefined) return unitForgetBias ? bias.fill(1, units, 2 * units) : bias;
    chronoBias(bias, units, units, steps, random);
    for (let i = 0; i < units; i++) bias[i] = -(bias[units + i] as number);
    return bias;
  };
}
