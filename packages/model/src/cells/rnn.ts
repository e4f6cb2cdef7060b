import * as tf from '@tensorflow/tfjs-core';
import type * as v from 'valibot';
import { activationOf } from './activations.ts';
import { affine, type Cell, type CellOptions, cellOptions, cellWeights, dropUnits, type FusedCell } from './cell.ts';

export const rnnCellOptions = { ...cellOptions } satisfies v.ObjectEntries;

const fusedCells = new Map<unknown, FusedCell>([
  ['tanh', { cell: 'rnnTanh' }],
  ['relu', { cell: 'rnnRelu' }],
  ['sigmoid', { cell: 'rnnSigmoid' }],
]);

/**
 * The simple recurrent (Elman) cell.
 *
 *     h_t = activation(x_t·W + h_{t-1}·U + b)        x [B, D], h [B, H], W [D, H], U [H, H], b [H]
 *
 * Sources: Elman (1990); keras.layers.SimpleRNNCell.
 */
export function rnnCell(options: CellOptions): Cell {
  const activation = activationOf(options.activation);
  const fused = fusedCells.get(options.activation);
  return {
    units: options.units,
    gates: 1,
    stateCount: 1,
    fused,
    weights: (inputFeatures) => cellWeights(options, 1, inputFeatures, { fused: fused !== undefined }),
    projectInput: ({ kernel, bias }, x) => affine(x, kernel, bias),
    step({ recurrentKernel }, projected, [h], mask) {
      const previous = dropUnits(h, mask);
      return [activation(tf.add(projected, tf.matMul(previous, recurrentKernel as tf.Tensor2D)))];
    },
  };
}
