import * as tf from '@tensorflow/tfjs-core';
import { hasOp, withZeroGradients } from '@unroll/ops/differentiable.ts';
import { runRecurrent } from '@unroll/ops/recurrent-op.ts';
import type { Cell, CellWeights, FusedCell } from './cell.ts';
import { type ScanInput, scan } from './scan.ts';

export interface RecurrentInput extends ScanInput {
  /** Runs from the last step to the first. Outputs are in the order of running. */
  reverse?: boolean;
  /** Which parts of the output are read: every step, the last step, or all with the state. Fewer cost less. */
  output: 'sequence' | 'last' | 'all';
}

/** A run's results. Only the parts that `output` names may be read. */
export interface RecurrentOutput {
  /** The output of every step, [B, T, H]. */
  sequence(): tf.Tensor3D;
  /** The output of the last step, [B, H]. */
  last(): tf.Tensor2D;
  /** The state after the last step; only with output 'all'. */
  state(): tf.Tensor2D[];
}

/**
 * Runs a cell over a sequence [B, T, D]: by the fused op where the cell and the current backend have it, else by the scan.
 * A weight that no step reads (T = 0, B = 0, padding only) has a gradient of zero.
 */
export function recurrent(cell: Cell, weights: CellWeights, input: RecurrentInput): RecurrentOutput {
  if (input.x.size === 0) return runNothing(cell, weights, input);
  const canFuse = cell.fused !== undefined && hasOp('UnrollRecurrent') && !input.probe;
  return canFuse ? runFused(cell, cell.fused as FusedCell, weights, input) : runScan(cell, weights, input);
}

/** No step or no sequence: the state stays as it is. */
function runNothing(cell: Cell, weights: CellWeights, { x, initialState }: RecurrentInput): RecurrentOutput {
  const [B, T] = x.shape;
  const connected = (value: tf.Tensor) => withZeroGradients(value, [x, ...Object.values(weights), ...(initialState ?? [])]);
  const stateAt = (index: number) => connected(initialState?.[index] ?? tf.zeros([B, cell.units])) as tf.Tensor2D;
  return {
    sequence: () => connected(tf.zeros([B, T, cell.units])) as tf.Tensor3D,
    last: () => stateAt(0),
    state: () => Array.from({ length: cell.stateCount }, (_, index) => stateAt(index)),
  };
}

function runScan(cell: Cell, weights: CellWeights, input: RecurrentInput): RecurrentOutput {
  const { x, mask, reverse } = input;
  const reversed = reverse ? { x: tf.reverse(x, 1), mask: mask && reverseMask(mask) } : {};
  const { steps, state, stepsRun } = scan(cell, weights, { ...input, ...reversed });
  const connected = <T extends tf.Tensor>(value: T) =>
    stepsRun > 0 ? value : (withZeroGradients(value, [x, ...Object.values(weights), ...(input.initialState ?? [])]) as T);
  return {
    state: () => state.map(connected),
    sequence: () => connected(tf.stack(steps, 1) as tf.Tensor3D),
    last: () => connected(steps.at(-1) as tf.Tensor2D),
  };
}

/** tf.reverse does not take bool. */
function reverseMask(mask: tf.Tensor2D): tf.Tensor2D {
  return tf.cast(tf.reverse(tf.cast(mask, 'float32'), 1), 'bool');
}

/** By the op of packages/backend, with the masking of scan(). */
function runFused(cell: Cell, fused: FusedCell, { kernel, recurrentKernel, bias }: CellWeights, input: RecurrentInput): RecurrentOutput {
  const { x, mask, initialState, recurrentMask, reverse = false } = input;
  const [B, T] = x.shape;
  const H = cell.units;
  // The last output of a sequence of padding only is zeros, even if it starts from a state. The op's last h would be that state.
  const output = input.output === 'last' && mask && initialState ? 'sequence' : input.output;
  const [h0, c0] = initialState ?? [];
  const out = runRecurrent(
    {
      x,
      w: kernel as tf.Tensor,
      u: recurrentKernel as tf.Tensor,
      ...(bias && { bias }),
      ...(h0 && { h0 }),
      ...(c0 && { c0 }),
    },
    { mask, drop: recurrentMask },
    { ...fused, units: H, reverse, output },
  );

  const lastStep = (sequence: tf.Tensor) => tf.reshape(tf.slice(sequence, [0, T - 1, 0], [B, 1, H]), [B, H]) as tf.Tensor2D;
  if (output === 'last') return only('last', out as tf.Tensor2D);
  if (output === 'sequence') return { ...only('sequence', out as tf.Tensor3D), last: () => lastStep(out) };
  const stateAt = (index: number) => tf.reshape(tf.slice(out, [B * T * H + index * B * H], [B * H]), [B, H]) as tf.Tensor2D;
  const sequence = () => tf.reshape(tf.slice(out, [0], [B * T * H]), [B, T, H]) as tf.Tensor3D;
  return {
    state: () => Array.from({ length: cell.stateCount }, (_, i) => stateAt(i)),
    sequence,
    last: () => (mask && initialState ? lastStep(sequence()) : stateAt(0)),
  };
}

/** The output of a run with only one part. */
function only(wanted: 'sequence' | 'last', value: tf.Tensor3D | tf.Tensor2D): RecurrentOutput {
  const refuse = (asked: string) => () => {
    throw new Error(`recurrent: a run with output '${wanted}' does not give '${asked}'; run it with output: 'all'`);
  };
  return {
    sequence: wanted === 'sequence' ? () => value as tf.Tensor3D : refuse('sequence'),
    last: wanted === 'last' ? () => value as tf.Tensor2D : refuse('last'),
    state: refuse('state'),
  };
}
