import * as tf from '@tensorflow/tfjs-core';
import type { Cell, CellWeights, FusedOp } from './cells/cell.ts';
import { type ScanInput, scan } from './scan.ts';

export interface SequenceOutput {
  /** The output of every step, [B, T, H]. */
  sequence(): tf.Tensor3D;
  /** The output of the last step, [B, H]. */
  last(): tf.Tensor2D;
  /** The state after the last step. */
  state: tf.Tensor2D[];
}

/** Runs a cell over a sequence: by a fused op where the current backend has one for the cell, else by the scan. */
export function recurrent(cell: Cell, weights: CellWeights, input: ScanInput): SequenceOutput {
  const [batch, time] = input.x.shape;
  const { fused } = cell;
  const canFuse = fused !== undefined && batch > 0 && time > 0 && tf.getKernel(fused.op, tf.getBackend()) !== undefined;
  return canFuse ? runFused(cell, fused, weights, input) : scanned(cell, weights, input);
}

function scanned(cell: Cell, weights: CellWeights, input: ScanInput): SequenceOutput {
  const { steps, state } = scan(cell, weights, input);
  const [batch] = input.x.shape;
  return {
    state,
    sequence: () => (steps.length ? tf.stack(steps, 1) : tf.zeros([batch, 0, cell.units])) as tf.Tensor3D,
    last: () => steps.at(-1) ?? (state[0] as tf.Tensor2D),
  };
}

/**
 * The ops UnrollLstm, UnrollGru (resetAfter) and UnrollRnn take xw [B,T,gates·H] (x·W + b), u [H,gates·H], a bias
 * [gates·H] of the recurrent product where the cell has one, the initial states h0 (and c0) [B,H], and, where there are
 * any, mask bool [B,T] and drop [B,H]; the attribute `activation` is SimpleRNN's. They give [out, saved]; out is flat:
 * y [B,T,H], then the last states. The gradient ops (…Grad) take u, bias, c0, mask, drop, saved and dOut, and B and T
 * as attributes, to [dxw, du, dBias if there is a bias, dState [states,B,H]]. All follow scan()'s masking.
 */
function runFused(cell: Cell, { op, attrs, recurrentBias }: FusedOp, weights: CellWeights, input: ScanInput): SequenceOutput {
  const { x, mask, initialState, recurrentMask: drop } = input;
  const [B, T, D] = x.shape;
  const H = cell.units;
  const projected = cell.projectInput(weights, tf.reshape(x, [B * T, D]));
  const states = initialState ?? Array.from({ length: cell.stateCount }, () => tf.zeros([B, H]));
  const bias = recurrentBias?.(weights);
  // In the order of the gradients.
  const inputs: tf.NamedTensorMap = {
    xw: tf.reshape(projected, [B, T, projected.shape[1]]),
    u: weights.recurrentKernel as tf.Tensor,
    ...(bias && { bias }),
    ...Object.fromEntries(states.map((state, i) => [['h0', 'c0'][i] as string, state])),
  };
  const factors = { ...(mask && { mask }), ...(drop && { drop }) };
  const names = Object.keys(inputs);

  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    const given = Object.fromEntries(names.map((name, i) => [name, args[i] as tf.Tensor]));
    const [out, saved] = tf.engine().runKernel(op, { ...given, ...factors }, attrs) as unknown as [tf.Tensor1D, tf.Tensor1D];
    // What the gradient reads must be saved: everything else of the forward pass is gone by then.
    const { xw, h0, ...read } = given;
    const needed: tf.NamedTensorMap = { ...read, saved, ...factors };
    save(Object.values(needed));
    const gradFunc = (dOut: tf.Tensor, kept: tf.Tensor[]) => {
      const again = Object.fromEntries(Object.keys(needed).map((name, i) => [name, kept[i] as tf.Tensor]));
      const gradients = tf.engine().runKernel(`${op}Grad`, { ...again, dOut }, { ...attrs, B, T }) as unknown as tf.Tensor[];
      const dState = gradients.at(-1) as tf.Tensor3D;
      const dStates = cell.stateCount === 1 ? [tf.reshape(dState, [B, H])] : tf.unstack(dState);
      return [...gradients.slice(0, -1), ...dStates];
    };
    return { value: out, gradFunc };
  });

  const out = run(...Object.values(inputs)) as tf.Tensor1D;
  const stateAt = (index: number) => tf.reshape(tf.slice(out, [B * T * H + index * B * H], [B * H]), [B, H]) as tf.Tensor2D;
  const sequence = () => tf.reshape(tf.slice(out, [0], [B * T * H]), [B, T, H]) as tf.Tensor3D;
  return {
    state: Array.from({ length: cell.stateCount }, (_, i) => stateAt(i)),
    sequence,
    // A sequence of padding only that starts from a state gives zeros, not that state.
    last: () => (mask && initialState ? (tf.reshape(tf.slice(sequence(), [0, T - 1, 0], [B, 1, H]), [B, H]) as tf.Tensor2D) : stateAt(0)),
  };
}
