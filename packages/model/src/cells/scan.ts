import * as tf from '@tensorflow/tfjs-core';
import type { Cell, CellWeights, RecurrentMask } from './cell.ts';

export interface ScanInput {
  /** [B, T, D]. */
  x: tf.Tensor3D;
  /** bool [B, T]: false marks a padded step. */
  mask?: tf.Tensor2D | undefined;
  /** The cell's initial state, each [B, H]. Default: zeros. */
  initialState?: readonly tf.Tensor2D[] | undefined;
  recurrentMask?: RecurrentMask;
  /** [B, T, H], added to the output of each step before the next step reads it. With zeros its gradient is dL/dh. */
  probe?: tf.Tensor3D | undefined;
}

export interface ScanOutput {
  /** The output of every step, each [B, H]. */
  steps: tf.Tensor2D[];
  /** The state after the last step. */
  state: tf.Tensor2D[];
  /** Steps at which the cell ran: those with a real row. */
  stepsRun: number;
}

/**
 * Runs a cell over the steps of x [B, T, D], one after the other. x·W of all steps is one product before the loop.
 * Masking as in Keras: at a padded step the state stays, and the output repeats the previous one (zeros before the first real step).
 */
export function scan(cell: Cell, weights: CellWeights, { x, mask, initialState, recurrentMask, probe }: ScanInput): ScanOutput {
  const [B, T, D] = x.shape;
  const zeros = () => tf.zeros([B, cell.units]) as tf.Tensor2D;
  let state = initialState ? [...initialState] : Array.from({ length: cell.stateCount }, zeros);
  const steps: tf.Tensor2D[] = [];
  let stepsRun = 0;
  if (T === 0) return { steps, state, stepsRun };

  const projected = cell.projectInput(weights, tf.reshape(x, [B * T, D]));
  const projectedSteps = unstackSteps(tf.reshape(projected, [B, T, projected.shape[1]]));
  const masks = mask && stepMasks(mask, cell.units);
  const probes = probe && unstackSteps(probe);

  for (const [t, projectedStep] of projectedSteps.entries()) {
    const active = masks?.[t] ?? 'all';
    const output = steps.at(-1) ?? (initialState ? zeros() : (state[0] as tf.Tensor2D));
    if (active === 'none') {
      steps.push(output);
      continue;
    }
    stepsRun++;
    const next = cell.step(weights, projectedStep, state, recurrentMask);
    if (probes) next[0] = tf.add(next[0] as tf.Tensor2D, probes[t] as tf.Tensor2D);
    steps.push(active === 'all' ? (next[0] as tf.Tensor2D) : tf.where(active, next[0] as tf.Tensor2D, output));
    state = active === 'all' ? next : next.map((value, i) => tf.where(active, value, state[i] as tf.Tensor2D));
  }
  return { steps, state, stepsRun };
}

/** [B, T, D] → T tensors [B, D]. The gradient of tf.unstack fails for a single output. */
export function unstackSteps(x: tf.Tensor3D): tf.Tensor2D[] {
  const [B, T, D] = x.shape;
  if (T < 2) return Array.from({ length: T }, () => tf.reshape(x, [B, D]));
  return tf.unstack(x, 1) as tf.Tensor2D[];
}

/** The mask of each step as bool [B, H]; 'all' or 'none' if all rows, or none, are real. Reads the mask back. */
function stepMasks(mask: tf.Tensor2D, units: number): ('all' | 'none' | tf.Tensor2D)[] {
  const [B, T] = mask.shape;
  const values = mask.dataSync();
  return Array.from({ length: T }, (_, t) => {
    const column = Uint8Array.from({ length: B }, (_, b) => values[b * T + t] as number);
    const active = column.reduce((sum, value) => sum + value, 0);
    if (active === B) return 'all';
    if (active === 0) return 'none';
    const rows = new Uint8Array(B * units);
    for (const [b, value] of column.entries()) rows.fill(value, b * units, (b + 1) * units);
    return tf.tensor2d(rows, [B, units], 'bool');
  });
}
