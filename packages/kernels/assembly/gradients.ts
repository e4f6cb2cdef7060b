import { GRU_RESET_BEFORE, gateCount, slotCount } from './cell';
import { PANEL } from './generated/micro-kernels';
import { backwardRows, padded } from './run';
import { align } from './simd';

/** Arrays of the backward pass: gradients of a chunk's sums, the operands of their products, and the sums of those products. */
@unmanaged
export class Gradients {
  /** [rows, slots·units]. */
  sums: usize;
  /** [rows, I] of x. */
  x: usize;
  /** [rows, I padded] of the gradient of x. */
  dx: usize;
  /** x, hidden and reset, packed by packRows. */
  packedX: usize;
  packedHidden: usize;
  packedReset: usize;
  /** One panel of `sums`. */
  panel: usize;
  /** Sums over all chunks so far, in panels, which the CPU prefetches: [gates·units, I], [gates·units, H], and twice [gates·units]. */
  dw: usize;
  du: usize;
  dBias: usize;
  dRecurrentBias: usize;
  /** Wᵀ [columns of x·W, I] and Uᵀ [columns of h·U, H] in the order of the slots; for GRU resetBefore the candidate's Uᵀ comes first. */
  packedW: usize;
  packedU: usize;
  /** [units or I padded]. */
  zeros: usize;
}

/** Lays the arrays out from `at` on and returns where they end. With `gradients` null it only measures. */
export function layOutGradients(gradients: usize, cell: i32, B: i32, T: i32, I: i32, H: i32, at: usize): usize {
  const rows = <usize>backwardRows(B, T), units = <usize>padded(H), columns = <usize>gateCount(cell) * units, features = <usize>padded(I);
  at = place(gradients, offsetof<Gradients>('sums'), at, rows * <usize>slotCount(cell) * units);
  at = place(gradients, offsetof<Gradients>('x'), at, rows * <usize>I);
  at = place(gradients, offsetof<Gradients>('dx'), at, rows * features);
  at = place(gradients, offsetof<Gradients>('packedX'), at, rows * <usize>I);
  at = place(gradients, offsetof<Gradients>('packedHidden'), at, rows * <usize>H);
  at = place(gradients, offsetof<Gradients>('packedReset'), at, cell == GRU_RESET_BEFORE ? rows * <usize>H : 0);
  at = place(gradients, offsetof<Gradients>('panel'), at, rows * PANEL);
  at = place(gradients, offsetof<Gradients>('dw'), at, <usize>I * columns);
  at = place(gradients, offsetof<Gradients>('du'), at, <usize>H * columns);
  at = place(gradients, offsetof<Gradients>('dBias'), at, columns);
  at = place(gradients, offsetof<Gradients>('dRecurrentBias'), at, columns);
  at = place(gradients, offsetof<Gradients>('packedW'), at, columns * features);
  at = place(gradients, offsetof<Gradients>('packedU'), at, columns * units);
  return place(gradients, offsetof<Gradients>('zeros'), at, max(units, features));
}

function place(gradients: usize, field: usize, at: usize, floats: usize): usize {
  if (gradients) store<usize>(gradients + field, at);
  return at + align(floats << 2);
}
