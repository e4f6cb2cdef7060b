import { ctcLoss } from '../reference/ctc.ts';
import type { KernelEntry } from './entry.ts';

interface CtcSize {
  B: number;
  T: number;
  L: number;
  S: number;
  /** The first label or the last. */
  blank: 'first' | 'last';
}

/** Targets are drawn below L - 1: the blank is the last label, or becomes 0 when the labels move up by one. */
const shift = ({ blank }: CtcSize) => (blank === 'first' ? 1 : 0);
const blankOf = ({ L, blank }: CtcSize) => (blank === 'first' ? 0 : L - 1);

export const ctcEntry: KernelEntry<CtcSize> = {
  name: 'ctc',
  sizes: [
    { B: 0, T: 2, L: 3, S: 1, blank: 'last' },
    { B: 2, T: 0, L: 3, S: 1, blank: 'first' },
    { B: 1, T: 1, L: 2, S: 1, blank: 'first' },
    { B: 3, T: 4, L: 3, S: 0, blank: 'last' },
    { B: 6, T: 5, L: 4, S: 2, blank: 'last' },
    { B: 6, T: 9, L: 5, S: 4, blank: 'first' },
    { B: 5, T: 24, L: 17, S: 7, blank: 'last' },
    { B: 4, T: 30, L: 6, S: 8, blank: 'first' },
    { B: 4, T: 40, L: 9, S: 20, blank: 'last' },
  ],
  typical: { B: 32, T: 200, L: 40, S: 30, blank: 'first' },
  operands: (size) => [
    // Wide enough that some probabilities vanish in float32, but losses stay below 1,000.
    { name: 'logits', role: 'in', type: 'f32', length: size.B * size.T * size.L, scale: Math.min(60, 450 / size.T) },
    { name: 'frames', role: 'in', type: 'labels', length: size.B, limit: size.T + 1 },
    { name: 'targets', role: 'in', type: 'labels', length: size.B * size.S, from: shift(size), limit: size.L - 1 + shift(size) },
    { name: 'targetLengths', role: 'in', type: 'labels', length: size.B, limit: size.S + 1 },
    { name: 'losses', role: 'out', type: 'f32', length: size.B },
    { name: 'gradient', role: 'out', type: 'f32', length: size.B * size.T * size.L },
  ],
  workspaceBytes: (kernels, { T, L, S }) => kernels.ctcWorkspaceBytes(T, L, S),
  call(kernels, size, [logits = 0, frames = 0, targets = 0, targetLengths = 0, losses = 0, gradient = 0, workspace = 0]) {
    const { B, T, L, S } = size;
    const blank = blankOf(size);
    const wrong = kernels.ctc({ B, T, L, S, blank, logits, frames, targets, targetLengths, losses, gradient, workspace });
    if (wrong !== -1) throw new Error(`ctc refused sequence ${wrong}`);
  },
  reference(size, [logits, frames, targets, targetLengths, losses, gradient]) {
    const { B, T, L, S } = size;
    for (let b = 0; b < B; b++) {
      const start = b * T * L;
      const end = start + ((frames as Int32Array)[b] as number) * L;
      const target = Array.from((targets as Int32Array).subarray(b * S, b * S + ((targetLengths as Int32Array)[b] as number)));
      const own = ctcLoss({ L, logits: (logits as Float32Array).subarray(start, end), target, blank: blankOf(size) });
      (losses as Float32Array)[b] = own.loss;
      (gradient as Float32Array).fill(0, start, start + T * L);
      (gradient as Float32Array).set(own.gradient, start);
    }
  },
  // Two neighbouring float32 numbers below 1,000 are 6e-5 apart.
  bound: () => ({ absolute: 1e-4 }),
  flops: ({ B, T, L, S }) => B * T * (20 * L + 150 * S),
};
