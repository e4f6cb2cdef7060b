import * as tf from '@tensorflow/tfjs-core';
import type { Cell, CellWeights } from './cells/cell.ts';
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
  const canFuse = cell.fusedOp !== undefined && batch > 0 && time > 0 && tf.getKernel(cell.fusedOp, tf.getBackend()) !== undefined;
  return canFuse ? fusedLstm(cell, weights, input) : scanned(cell, weights, input);
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
 * The op UnrollLstm: xw [B,T,4H], u [H,4H], h0 and c0 [B,H], mask bool [B,T] and drop [B,H] where there are any, to
 * [out, saved]; out is flat: y [B,T,H], then the last h and c. UnrollLstmGrad takes u, c0, mask, drop, saved and dOut
 * to [dxw, du, dState]; dState is [2,B,H]. Both follow scan()'s masking.
 */
function fusedLstm(cell: Cell, weights: CellWeights, { x, mask, initialState, recurrentMask: drop }: ScanInput): SequenceOutput {
  const [B, T, D] = x.shape;
  const H = cell.units;
  const xw = tf.reshape(cell.projectInput(weights, tf.reshape(x, [B * T, D])), [B, T, 4 * H]);
  const [h0, c0] = initialState ?? [tf.zeros([B, H]), tf.zeros([B, H])];
  const factors = { ...(mask && { mask }), ...(drop && { drop }) };

  const op = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [xw, u, h0, c0, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const [out, saved] = tf.engine().runKernel('UnrollLstm', { xw, u, h0, c0, ...factors }) as unknown as [tf.Tensor1D, tf.Tensor1D];
    // What the gradient reads must be saved: everything else of the forward pass is gone by then.
    const needed = { u, c0, saved, ...factors };
    save(Object.values(needed));
    const gradFunc = (dOut: tf.Tensor, kept: tf.Tensor[]) => {
      const inputs = Object.fromEntries(Object.keys(needed).map((name, i) => [name, kept[i] as tf.Tensor]));
      const gradients = tf.engine().runKernel('UnrollLstmGrad', { ...inputs, dOut }, { B, T });
      const [dxw, du, dState] = gradients as unknown as [tf.Tensor, tf.Tensor, tf.Tensor3D];
      return [dxw, du, ...tf.unstack(dState)];
    };
    return { value: out, gradFunc };
  });

  const out = op(xw, weights.recurrentKernel as tf.Tensor, h0 as tf.Tensor, c0 as tf.Tensor) as tf.Tensor1D;
  const stateAt = (index: number) => tf.reshape(tf.slice(out, [B * T * H + index * B * H], [B * H]), [B, H]) as tf.Tensor2D;
  const sequence = () => tf.reshape(tf.slice(out, [0], [B * T * H]), [B, T, H]) as tf.Tensor3D;
  return {
    state: [stateAt(0), stateAt(1)],
    sequence,
    // A sequence of padding only that starts from a state gives zeros, not that state.
    last: () => (mask && initialState ? (tf.reshape(tf.slice(sequence(), [0, T - 1, 0], [B, 1, H]), [B, H]) as tf.Tensor2D) : stateAt(0)),
  };
}
