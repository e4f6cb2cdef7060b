import * as tf from '@tensorflow/tfjs-core';
import { hasOp } from '@unroll/ops/differentiable.ts';
import * as v from 'valibot';
import { activationTensors } from '../cells/activations.ts';
import type { Cell, CellWeights, RecurrentMask } from '../cells/cell.ts';
import { gruCell, gruCellOptions } from '../cells/gru.ts';
import { lstmCell, lstmCellOptions } from '../cells/lstm.ts';
import { rnnCell, rnnCellOptions } from '../cells/rnn.ts';
import { recurrent } from '../cells/run-cell.ts';
import type { Random } from '../weights/random.ts';
import { dropoutMask, dropoutRate, expectShape, initialState, type Layer, type LayerCost, layerOptions, type Shape } from './layer.ts';

const sequenceOptions = {
  ...layerOptions,
  initialState,
  /** The output of every step, [B, T, H], instead of the last, [B, H]. */
  returnSequences: v.optional(v.boolean(), false),
  /** Runs from the last step to the first. With returnSequences the outputs are in the order of running. */
  goBackwards: v.optional(v.boolean(), false),
  /** The fraction of input features that dropout zeroes, the same at every step (variational: Gal & Ghahramani, 2016). */
  dropout: v.optional(dropoutRate, 0),
  /** The fraction of the previous output that dropout zeroes inside the recurrent product, the same units at every step. */
  recurrentDropout: v.optional(dropoutRate, 0),
};

export const recurrentSpec = v.variant('type', [
  v.strictObject({ type: v.literal('simpleRNN'), ...sequenceOptions, ...rnnCellOptions }),
  v.strictObject({ type: v.literal('lstm'), ...sequenceOptions, ...lstmCellOptions }),
  v.strictObject({ type: v.literal('gru'), ...sequenceOptions, ...gruCellOptions }),
]);
export type RecurrentSpec = v.InferOutput<typeof recurrentSpec>;

/**
 * A recurrent layer: [B, T, D] → [B, H], or [B, T, H] with returnSequences. Its state is h [B, H]; an LSTM's is h and c.
 * As keras.layers.SimpleRNN, LSTM and GRU.
 */
export function recurrentLayer(spec: RecurrentSpec, input: Shape): Layer & Required<Pick<Layer, 'finalState'>> {
  const { features, steps } = expectShape(input, ['sequence']);
  const { units, returnSequences, goBackwards, dropout, recurrentDropout } = spec;
  const cell = cellOf(spec);
  const state = Array.from({ length: cell.stateCount }, () => units);
  return {
    output: returnSequences ? { kind: 'sequence', features: units, steps } : { kind: 'vector', features: units },
    weights: cell.weights(features),
    causal: !goBackwards,
    resumes: !goBackwards,
    cost: (steps) => recurrentCost(cell, features, steps, extraTensors(spec)),
    state,
    finalState: state,
    apply(weights, { values, mask }, { training, random, state, initialState, givesState, everyStep, probe }) {
      const x = values as tf.Tensor3D;
      const [batch] = x.shape;
      const sequence = returnSequences || everyStep;
      const returnsState = state !== undefined || givesState;
      const output = recurrent(cell, weights as CellWeights, {
        x: training && dropout > 0 ? dropFeatures(x, dropout, random('dropout')) : x,
        mask,
        reverse: goBackwards,
        initialState: state?.length ? state : initialState,
        recurrentMask: training && recurrentDropout > 0 ? maskOf([batch, units], recurrentDropout, random('recurrentDropout')) : undefined,
        probe,
        output: returnsState ? 'all' : sequence ? 'sequence' : 'last',
      });
      return {
        values: sequence ? output.sequence() : output.last(),
        ...(sequence && { mask }),
        ...(returnsState && { state: output.state() }),
      };
    },
  };
}

/** The fused op keeps one output; the scan keeps what each of its steps computes. */
function recurrentCost({ units, gates, fused }: Cell, features: number, steps: number, extra: number): LayerCost {
  const columns = gates * units;
  const scanned = fused === undefined || !hasOp('UnrollRecurrent');
  const floats = scanned ? (12 + extra) * columns + 4 * units + 2 * features : 2 * columns + 4 * units;
  // The last step and the state come on top.
  return { multiplyAdds: steps * (features + units) * columns, floats: (steps + 1) * floats };
}

/** Tensors of its activations beyond one each. */
function extraTensors(spec: RecurrentSpec): number {
  const { activation, recurrentActivation, outputActivation } = { recurrentActivation: undefined, outputActivation: undefined, ...spec };
  return [activation, recurrentActivation, outputActivation ?? activation].reduce(
    (sum, each) => sum + (each === undefined ? 0 : activationTensors(each) - 1),
    0,
  );
}

function cellOf(spec: RecurrentSpec): Cell {
  switch (spec.type) {
    case 'simpleRNN':
      return rnnCell(spec);
    case 'lstm':
      return lstmCell(spec);
    case 'gru':
      return gruCell(spec);
  }
}

function dropFeatures(x: tf.Tensor3D, rate: number, random: Random): tf.Tensor3D {
  const [B, , D] = x.shape;
  return tf.mul(x, tf.tensor3d(dropoutMask(B * D, rate, random), [B, 1, D]));
}

function maskOf([B, H]: [number, number], rate: number, random: Random): RecurrentMask {
  return tf.tensor2d(dropoutMask(B * H, rate, random), [B, H]);
}
