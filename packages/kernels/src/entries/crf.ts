import type { Kernels, Pointer } from '../kernels.ts';
import { crfLoss } from '../reference/crf.ts';
import { numericGradient } from '../reference/numeric-gradient.ts';
import type { KernelEntry, Operand, OperandArray } from './entry.ts';

interface CrfSize {
  B: number;
  T: number;
  L: number;
  mask: 'none' | 'any' | 'right';
  /** Scores are in [-scale, scale]. At 200 float32 loses some products, which are computed again. */
  scale: number;
}

const sizes: CrfSize[] = [
  { B: 0, T: 3, L: 2, mask: 'none', scale: 2 },
  { B: 2, T: 0, L: 2, mask: 'none', scale: 2 },
  { B: 1, T: 1, L: 1, mask: 'none', scale: 2 },
  { B: 3, T: 4, L: 3, mask: 'none', scale: 2 },
  { B: 5, T: 5, L: 9, mask: 'right', scale: 3 },
  { B: 4, T: 6, L: 17, mask: 'any', scale: 3 },
  { B: 3, T: 7, L: 5, mask: 'any', scale: 200 },
  { B: 9, T: 16, L: 4, mask: 'right', scale: 40 },
];
const typical: CrfSize = { B: 64, T: 40, L: 50, mask: 'none', scale: 1 };

const inputs = ({ B, T, L, mask, scale }: CrfSize): Operand[] => [
  { name: 'emissions', role: 'in', type: 'f32', length: B * T * L, scale },
  { name: 'transitions', role: 'in', type: 'f32', length: L * L, scale },
  { name: 'start', role: 'in', type: 'f32', length: L, scale },
  { name: 'end', role: 'in', type: 'f32', length: L, scale },
  { name: 'labels', role: 'in', type: 'labels', length: B * T, limit: L },
  { name: 'mask', role: 'in', type: 'mask', length: B * T, ...(mask === 'right' && { rows: T }) },
];

const output = (name: string, length: number): Operand => ({ name, role: 'out', type: 'f32', length });

/** The losses [B] by the naive twin. */
function losses({ B, T, L, mask }: CrfSize, arrays: readonly (OperandArray | Float64Array)[]): Float64Array {
  const [emissions = [], transitions = [], start = [], end = [], labels = [], real = []] = arrays;
  return Float64Array.from({ length: B }, (_, b) => {
    const steps = Array.from({ length: T }, (_, t) => b * T + t).filter((step) => mask === 'none' || real[step]);
    const own = steps.flatMap((step) => Array.from(emissions.slice(step * L, (step + 1) * L)));
    return crfLoss(
      { L, transitions, start, end },
      own,
      steps.map((step) => labels[step] as number),
    );
  });
}

/** Runs the forward kernel with `saved` at the start of the workspace. Returns what the backward kernel takes of it. */
function forward(kernels: Kernels, { B, T, L, mask: kind }: CrfSize, pointers: readonly Pointer[], losses: Pointer, saved: Pointer) {
  const [emissions = 0, transitions = 0, start = 0, end = 0, labels = 0, mask = 0] = pointers;
  const shared = { B, T, L, labels, ...(kind !== 'none' && { mask }), transitions, start, end, losses, saved };
  const workspace = saved + kernels.crfSavedFloats(B, T, L) * 4;
  const wrong = kernels.crfForward({ ...shared, emissions, workspace });
  if (wrong !== -1) throw new Error(`crfForward refused step ${wrong}`);
  return { ...shared, workspace };
}

export const crfEntries: readonly KernelEntry<CrfSize>[] = [
  {
    name: 'crfForward',
    sizes,
    typical,
    operands: (size) => [...inputs(size), output('losses', size.B)],
    workspaceBytes: (kernels, { B, T, L }) => kernels.crfSavedFloats(B, T, L) * 4 + kernels.crfForwardWorkspaceBytes(B, L),
    call: (kernels, size, pointers) => void forward(kernels, size, pointers, pointers[6] as Pointer, pointers[7] as Pointer),
    reference: (size, arrays) => (arrays[6] as Float32Array).set(losses(size, arrays)),
    // Losses are up to some thousands.
    bound: ({ scale }) => ({ absolute: 2e-5 * scale }),
    flops: ({ B, T, L }) => 2 * B * T * L * L,
  },
  {
    name: 'crfBackward',
    sizes,
    typical,
    operands: (size) => [
      ...inputs(size),
      { name: 'dLosses', role: 'in', type: 'f32', length: size.B },
      { name: 'losses', role: 'scratch', type: 'f32', length: size.B },
      output('dEmissions', size.B * size.T * size.L),
      output('dTransitions', size.L * size.L),
      output('dStart', size.L),
      output('dEnd', size.L),
    ],
    workspaceBytes: (kernels, { B, T, L }) =>
      kernels.crfSavedFloats(B, T, L) * 4 + Math.max(kernels.crfForwardWorkspaceBytes(B, L), kernels.crfBackwardWorkspaceBytes(B, L)),
    call(kernels, size, pointers) {
      const [dLosses = 0, losses = 0, dEmissions = 0, dTransitions = 0, dStart = 0, dEnd = 0, saved = 0] = pointers.slice(6);
      const shared = forward(kernels, size, pointers, losses, saved);
      kernels.crfBackward({ ...shared, dLosses, dEmissions, dTransitions, dStart, dEnd });
    },
    reference(size, arrays) {
      const scores = arrays.slice(0, 4).map((array) => Float64Array.from(array));
      const [dLosses = [], , ...gradients] = arrays.slice(6);
      const loss = () => losses(size, [...scores, ...arrays.slice(4, 6)]);
      for (const [i, parameter] of scores.entries()) (gradients[i] as Float32Array).set(numericGradient(parameter, dLosses, loss));
    },
    bound: () => ({ absolute: 2e-5 }),
    flops: ({ B, T, L }) => 8 * B * T * L * L,
  },
];
