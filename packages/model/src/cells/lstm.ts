import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import type { Initializer } from '../weights/initializers.ts';
import { activationOf, activationSpec, fusedGates } from './activations.ts';
import { affine, type Cell, cellOptions, cellWeights, chronoBias, chronoSteps, dropUnits } from './cell.ts';

export const lstmCellOptions = {
  ...cellOptions,
  recurrentActivation: v.optional(activationSpec, 'sigmoid'),
  /** Of the state in the output; `activation` if left out, as in Keras. It is ONNX's h, `activation` its g and `recurrentActivation` its f. */
  outputActivation: v.optional(activationSpec),
  unitForgetBias: v.optional(v.boolean(), true),
  chronoSteps,
};
export type LstmCellOptions = v.InferOutput<v.StrictObjectSchema<typeof lstmCellOptions, undefined>>;

/**
 * The long short-term memory cell.
 *
 *     i = σ(x_t·W_i + h_{t-1}·U_i + b_i)             x [B, D]; h, c and gates [B, H]
 *     f = σ(x_t·W_f + h_{t-1}·U_f + b_f)             W [D, 4H], U [H, 4H], b [4H], in Keras' order i, f, g, o
 *     g = tanh(x_t·W_g + h_{t-1}·U_g + b_g)
 *     o = σ(x_t·W_o + h_{t-1}·U_o + b_o)
 *     c_t = f ∘ c_{t-1} + i ∘ g
 *     h_t = o ∘ tanh(c_t)
 *
 * σ is `recurrentActivation`; tanh is `activation`, and of c_t `outputActivation`. `unitForgetBias` starts the forget gate's bias at 1; `chronoSteps` starts it
 * for memories of up to that many steps. Sources: Hochreiter & Schmidhuber (1997), Gers et al. (2000), Jozefowicz et al. (2015);
 * keras.layers.LSTMCell.
 */
export function lstmCell(options: LstmCellOptions): Cell {
  const { units, outputActivation: ofOutput = options.activation } = options;
  const activation = activationOf(options.activation);
  const recurrentActivation = activationOf(options.recurrentActivation);
  const outputActivation = activationOf(ofOutput);
  const fusedGate = options.activation === 'tanh' && ofOutput === 'tanh' ? fusedGates(options.recurrentActivation) : undefined;
  return {
    units,
    gates: 4,
    stateCount: 2,
    fused: fusedGate && { cell: 'lstm', ...fusedGate },
    weights(inputFeatures) {
      const specs = cellWeights(options, 4, inputFeatures, { fused: fusedGate !== undefined });
      return specs.map((spec) => (spec.name === 'bias' ? { ...spec, initializer: biasInitializer(options, spec.initializer) } : spec));
    },
    projectInput: ({ kernel, bias }, x) => affine(x, kernel, bias),
    step({ recurrentKernel }, projected, [h, c], mask) {
      const previous = dropUnits(h, mask);
      const gates = tf.add(projected, tf.matMul(previous, recurrentKernel as tf.Tensor2D));
      const [i, f, g, o] = tf.split(gates, 4, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
      const kept = tf.mul(recurrentActivation(f), c as tf.Tensor2D);
      const next = tf.add(kept, tf.mul(recurrentActivation(i), activation(g))) as tf.Tensor2D;
      return [tf.mul(recurrentActivation(o), outputActivation(next)), next];
    },
  };
}

/** The forget gate's bias starts at 1. With chronoSteps it starts at log u, and the input gate's at -log u. */
function biasInitializer({ units, unitForgetBias, chronoSteps: steps }: LstmCellOptions, plain: Initializer): Initializer {
  return (shape, random) => {
    const bias = plain(shape, random);
    if (steps === undefined) return unitForgetBias ? bias.fill(1, units, 2 * units) : bias;
    chronoBias(bias, units, units, steps, random);
    for (let i = 0; i < units; i++) bias[i] = -(bias[units + i] as number);
    return bias;
  };
}
