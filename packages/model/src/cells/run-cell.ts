import * as tf from '@tensorflow/tfjs-core';
import type { Cell, CellWeights, FusedCell } from './cell.ts';
import { type ScanInput, scan } from './scan.ts';

export interface RecurrentInput extends ScanInput {
  /** Run from the last step to the first; outputs are in the order of running. */
  reverse?: boolean;
  /** What will be asked of the output. Less is less work. */
  output: 'sequence' | 'last' | 'all';
}

/** What a run gives; only what `output` named may be asked for. */
export interface RecurrentOutput {
  /** The output of every step, [B, T, H]. */
  sequence(): tf.Tensor3D;
  /** The output of the last step, [B, H]. */
  last(): tf.Tensor2D;
  /** The state after the last step; of 'all' alone. */
  state(): tf.Tensor2D[];
}

/** Runs a cell over a sequence: by the fused op where the cell and the current backend have it, else by the scan. */
export function recurrent(cell: Cell, weights: CellWeights, input: RecurrentInput): RecurrentOutput {
  const hasOp = tf.getKernel('UnrollRecurrent', tf.getBackend()) !== undefined;
  const canFuse = cell.fused !== undefined && hasOp && !input.probe && input.x.shape.every((axis) => axis > 0);
  return canFuse ? runFused(cell, cell.fused as FusedCell, weights, input) : runScan(cell, weights, input);
}

function runScan(cell: Cell, weights: CellWeights, input: RecurrentInput): RecurrentOutput {
  const { x, mask, reverse } = input;
  const reversed = reverse ? { x: tf.reverse(x, 1), mask: mask && reverseMask(mask) } : {};
  const { steps, state } = scan(cell, weights, { ...input, ...reversed });
  return {
    state: () => state,
    sequence: () => (steps.length ? tf.stack(steps, 1) : tf.zeros([x.shape[0], 0, cell.units])) as tf.Tensor3D,
    last: () => steps.at(-1) ?? (state[0] as tf.Tensor2D),
  };
}

/** tf.reverse knows no bool. */
function reverseMask(mask: tf.Tensor2D): tf.Tensor2D {
  return tf.cast(tf.reverse(tf.cast(mask, 'float32'), 1), 'bool');
}

/**
 * The op UnrollRecurrent of packages/backend, which says what it takes and gives, and its gradient op. Masking follows
 * scan()'s.
 */
function runFused(cell: Cell, fused: FusedCell, weights: CellWeights, input: RecurrentInput): RecurrentOutput {
  const { x, mask, initialState, recurrentMask: drop, reverse = false } = input;
  const [B, T] = x.shape;
  const H = cell.units;
  // A sequence of padding only that starts from a state ends with zeros, not with that state.
  const output = input.output === 'last' && mask && initialState ? 'sequence' : input.output;
  const { kernel, recurrentKernel, bias } = weights;
  // In the order of the gradients.
  const inputs = {
    x,
    w: kernel as tf.Tensor,
    u: recurrentKernel as tf.Tensor,
    ...(bias && { bias }),
    ...(initialState && { h0: initialState[0] as tf.Tensor, ...(cell.stateCount === 2 && { c0: initialState[1] as tf.Tensor }) }),
  };
  const factors = { ...(mask && { mask }), ...(drop && { drop }) };
  const attrs = { cell: fused, units: H, reverse, output, training: tf.engine().state.gradientDepth > 0 };
  const out = attrs.training ? differentiable(inputs, factors, attrs) : forward(inputs, factors, attrs)[0];

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

type Attrs = { cell: FusedCell; units: number; reverse: boolean; output: RecurrentInput['output']; training: boolean };

function forward(inputs: tf.NamedTensorMap, factors: tf.NamedTensorMap, attrs: Attrs): [out: tf.Tensor, saved: tf.Tensor] {
  return tf.engine().runKernel('UnrollRecurrent', { ...inputs, ...factors }, attrs) as unknown as [tf.Tensor, tf.Tensor];
}

function differentiable(inputs: tf.NamedTensorMap, factors: tf.NamedTensorMap, attrs: Attrs): tf.Tensor {
  const names = Object.keys(inputs);
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    const given = Object.fromEntries(names.map((name, i) => [name, args[i] as tf.Tensor]));
    const [out, saved] = forward(given, factors, attrs);
    // What the gradient reads must be saved: everything else of the forward pass is gone by then.
    const { bias, h0, c0, ...read } = given;
    const needed: tf.NamedTensorMap = { ...read, saved, ...factors };
    save(Object.values(needed));
    const gradFunc = (dOut: tf.Tensor, kept: tf.Tensor[]) => {
      const again = Object.fromEntries(Object.keys(needed).map((name, i) => [name, kept[i] as tf.Tensor]));
      const all = tf.engine().runKernel('UnrollRecurrentGrad', { ...again, dOut }, { ...attrs, bias: bias !== undefined });
      return (all as unknown as tf.Tensor[]).slice(0, names.length);
    };
    return { value: out, gradFunc };
  });
  return run(...Object.values(inputs));
}

/** An output of which one thing alone was wanted. */
function only(wanted: 'sequence' | 'last', value: tf.Tensor3D | tf.Tensor2D): RecurrentOutput {
  const refuse = (asked: string) => () => {
    throw new Error(`recurrent: '${asked}' was asked of a run for '${wanted}'; ask for output: 'all'`);
  };
  return {
    sequence: wanted === 'sequence' ? () => value as tf.Tensor3D : refuse('sequence'),
    last: wanted === 'last' ? () => value as tf.Tensor2D : refuse('last'),
    state: refuse('state'),
  };
}
