import type { Kernels, Pointer } from '../kernels.ts';
import { type Conv1dSize, forEachOutput, windowOf } from '../reference/conv1d.ts';
import { quantizeRows } from '../reference/quantize-rows.ts';
import type { KernelEntry, Operand } from './entry.ts';

interface ConvolutionSize extends Omit<Conv1dSize, 'befores'> {
  bias: boolean;
  mask: boolean;
  /** Whether each sequence has its own `before`. */
  shifted: boolean;
}

/** Without padding: the steps that whole windows give. */
const valid = ({ T, kernelSize, strides, dilationRate }: Omit<ConvolutionSize, 'before' | 'steps'>) =>
  Math.max(0, Math.floor((T - (kernelSize - 1) * dilationRate - 1) / strides) + 1);

const plain = { strides: 1, dilationRate: 1, groups: 1, bias: true, mask: false, shifted: false };
/** With `before` steps of zeros, and `after` of them. */
function sized(size: Omit<ConvolutionSize, 'steps'> & { after: number }): ConvolutionSize {
  const { after, ...rest } = size;
  return { ...rest, steps: valid({ ...size, T: size.T + size.before + after }) };
}

const sizes: ConvolutionSize[] = [
  sized({ ...plain, B: 1, T: 1, C: 1, F: 1, kernelSize: 1, before: 0, after: 0 }),
  sized({ ...plain, B: 2, T: 7, C: 3, F: 5, kernelSize: 3, before: 0, after: 0 }),
  sized({ ...plain, B: 2, T: 7, C: 3, F: 5, kernelSize: 4, before: 1, after: 2, bias: false }),
  sized({ ...plain, B: 3, T: 6, C: 8, F: 16, kernelSize: 5, before: 4, after: 0, mask: true }),
  sized({ ...plain, B: 1, T: 3, C: 5, F: 32, kernelSize: 2, before: 1, after: 0 }),
  sized({ ...plain, B: 2, T: 11, C: 16, F: 17, kernelSize: 3, strides: 2, before: 1, after: 1 }),
  sized({ ...plain, B: 2, T: 11, C: 4, F: 3, kernelSize: 2, strides: 3, before: 0, after: 0, mask: true }),
  sized({ ...plain, B: 2, T: 11, C: 4, F: 6, kernelSize: 7, strides: 3, before: 3, after: 3 }),
  sized({ ...plain, B: 3, T: 9, C: 4, F: 6, kernelSize: 4, strides: 2, before: 1, after: 1, mask: true, shifted: true }),
  sized({ ...plain, B: 2, T: 5, C: 3, F: 8, kernelSize: 3, dilationRate: 2, before: 4, after: 0, shifted: true }),
  sized({ ...plain, B: 2, T: 13, C: 5, F: 9, kernelSize: 3, dilationRate: 3, before: 6, after: 0 }),
  sized({ ...plain, B: 2, T: 5, C: 4, F: 8, kernelSize: 3, dilationRate: 2, before: 2, after: 2, mask: true }),
  sized({ ...plain, B: 1, T: 3, C: 2, F: 2, kernelSize: 3, dilationRate: 4, before: 8, after: 0 }),
  sized({ ...plain, B: 2, T: 6, C: 6, F: 9, kernelSize: 2, groups: 3, before: 0, after: 1 }),
  sized({ ...plain, B: 2, T: 6, C: 32, F: 32, kernelSize: 2, groups: 2, before: 1, after: 0 }),
  sized({ ...plain, B: 1, T: 8, C: 4, F: 4, kernelSize: 3, dilationRate: 2, groups: 4, before: 4, after: 0, mask: true }),
  sized({ ...plain, B: 2, T: 9, C: 21, F: 21, groups: 21, kernelSize: 4, strides: 2, before: 1, after: 1, shifted: true }),
  sized({ ...plain, B: 3, T: 7, C: 8, F: 24, groups: 8, kernelSize: 2, dilationRate: 3, before: 0, after: 0, mask: true }),
  sized({ ...plain, B: 1, T: 390, C: 2, F: 4, groups: 2, kernelSize: 3, strides: 1, before: 1, after: 1, bias: false }),
  sized({ ...plain, B: 1, T: 400, C: 2, F: 3, kernelSize: 3, before: 1, after: 1 }),
  sized({ ...plain, B: 1, T: 9, C: 100, F: 3, kernelSize: 5, before: 2, after: 2 }),
  sized({ ...plain, B: 1, T: 2, C: 3, F: 4, kernelSize: 3, before: 0, after: 0 }),
  sized({ ...plain, B: 0, T: 4, C: 3, F: 4, kernelSize: 2, before: 0, after: 0 }),
  sized({ ...plain, B: 2, T: 0, C: 3, F: 4, kernelSize: 2, before: 1, after: 0 }),
];
const typical = sized({ ...plain, B: 32, T: 400, C: 64, F: 128, kernelSize: 5, before: 2, after: 2 });

const f32 = (name: string, length: number, role: 'in' | 'out' = 'in'): Operand => ({ name, role, type: 'f32', length });
const weightsOf = ({ C, F, kernelSize, groups }: ConvolutionSize) => ((kernelSize * C) / groups) * F;
const inputs = (size: ConvolutionSize): Operand[] => [
  f32('x', size.B * size.T * size.C),
  f32('w', weightsOf(size)),
  f32('bias', size.F),
  { name: 'mask', role: 'in', type: 'mask', length: size.B * size.T },
  { name: 'befores', role: 'in', type: 'labels', length: size.B, limit: 5 },
];

/** What the kernels call a size. */
function sizeOf({ bias, mask, shifted, ...size }: ConvolutionSize): Omit<Conv1dSize, 'befores'> {
  return size;
}

/** The pointers that a size does not leave out. */
const optional = (size: ConvolutionSize, bias: Pointer, mask: Pointer, befores: Pointer) => ({
  ...(size.bias && { bias }),
  ...(size.mask && { mask }),
  ...(size.shifted && { befores }),
});

function windowsOf(size: ConvolutionSize, x: ArrayLike<number>, mask: ArrayLike<number>, befores: ArrayLike<number>) {
  const isReal = (b: number, t: number) => !size.mask || mask[b * size.T + t] !== 0;
  return windowOf({ ...sizeOf(size), ...(size.shifted && { befores }) }, x, isReal);
}

const flops = ({ B, steps, C, F, kernelSize, groups }: ConvolutionSize) => ((2 * B * steps * kernelSize * C) / groups) * F;

export const conv1dEntries: readonly [KernelEntry<ConvolutionSize>, KernelEntry<ConvolutionSize>] = [
  {
    name: 'conv1dForward',
    sizes,
    typical,
    operands: (size) => [...inputs(size), f32('y', size.B * size.steps * size.F, 'out')],
    workspaceBytes: (kernels, size) => kernels.conv1dForwardWorkspaceBytes(sizeOf(size)),
    call(kernels, size, [x = 0, w = 0, bias = 0, mask = 0, befores = 0, y = 0, workspace = 0]) {
      kernels.conv1dForward({ ...sizeOf(size), x, w, ...optional(size, bias, mask, befores), y, workspace });
    },
    reference(size, [x = [], w = [], bias = [], mask = [], befores = [], y]) {
      forEachOutput(size, windowsOf(size, x, mask, befores), (at, f, window) => {
        let sum = size.bias ? (bias[f] as number) : 0;
        for (const [i, { value }] of window.entries()) sum += value * (w[i * size.F + f] as number);
        (y as Float32Array)[at] = sum;
      });
    },
    bound: ({ kernelSize, C, groups }) => ({ terms: (kernelSize * C) / groups + 1 }),
    flops,
  },
  {
    name: 'conv1dBackward',
    sizes,
    typical,
    operands: (size) => [
      ...inputs(size),
      f32('dy', size.B * size.steps * size.F),
      f32('dx', size.B * size.T * size.C, 'out'),
      f32('dw', weightsOf(size), 'out'),
      f32('dBias', size.F, 'out'),
    ],
    workspaceBytes: (kernels, size) => kernels.conv1dBackwardWorkspaceBytes(sizeOf(size)),
    call(kernels, size, [x = 0, w = 0, bias = 0, mask = 0, befores = 0, dy = 0, dx = 0, dw = 0, dBias = 0, workspace = 0]) {
      const { bias: _, ...given } = optional(size, bias, mask, befores);
      kernels.conv1dBackward({ ...sizeOf(size), x, w, ...given, dy, dx, dw, dBias, workspace });
    },
    reference(size, [x = [], w = [], _, mask = [], befores = [], dy = [], ...gradients]) {
      const [dx, dw, dBias] = gradients.map(({ length }) => new Float64Array(length)) as [Float64Array, Float64Array, Float64Array];
      const add = (sums: Float64Array, at: number, value: number) => {
        sums[at] = (sums[at] as number) + value;
      };
      forEachOutput(size, windowsOf(size, x, mask, befores), (at, f, window) => {
        const d = dy[at] as number;
        add(dBias, f, d);
        for (const [i, { value, at: from }] of window.entries()) {
          add(dw, i * size.F + f, d * value);
          if (from !== undefined) add(dx, from, d * (w[i * size.F + f] as number));
        }
      });
      for (const [i, sums] of [dx, dw, dBias].entries()) (gradients[i] as Float32Array).set(sums);
    },
    bound: ({ B, steps, F, kernelSize }) => ({ terms: Math.max(B * steps, kernelSize * F) }),
    flops: (size) => 2 * flops(size),
  },
];

/** The forward kernel on int8 weights. */
const int8Entry = (bits: 14 | 7): KernelEntry<ConvolutionSize> => {
  const packed = (kernels: Kernels, { C, F, kernelSize, groups }: ConvolutionSize) =>
    kernels.packedInt8Bytes((kernelSize * C) / groups, groups, F / groups);
  return {
    name: 'conv1dForward',
    label: `conv1dForward on int8 weights, ${bits}-bit activations`,
    sizes,
    typical: { ...typical, B: 1 },
    operands: (size) => [
      f32('x', size.B * size.T * size.C),
      { name: 'values', role: 'in', type: 'int8', length: weightsOf(size) },
      { name: 'scales', role: 'in', type: 'scales', length: size.F },
      ...inputs(size).slice(2),
      f32('y', size.B * size.steps * size.F, 'out'),
    ],
    workspaceBytes: (kernels, size) => packed(kernels, size) + kernels.conv1dForwardWorkspaceBytes({ ...sizeOf(size), int8: true }),
    call(kernels, size, [x = 0, values = 0, scales = 0, bias = 0, mask = 0, befores = 0, y = 0, w = 0]) {
      const { C, F, kernelSize, groups } = size;
      kernels.packInt8({ K: (kernelSize * C) / groups, gates: groups, H: F / groups, bits, values, scales, to: w });
      const given = optional(size, bias, mask, befores);
      kernels.conv1dForward({ ...sizeOf(size), int8: true, x, w, ...given, y, workspace: w + packed(kernels, size) });
    },
    reference(size, [x = [], values = [], scales = [], bias = [], mask = [], befores = [], y]) {
      forEachOutput(size, windowsOf(size, x, mask, befores), (at, f, window) => {
        const row = quantizeRows(
          window.map(({ value }) => value),
          window.length,
          bits,
        );
        let sum = 0;
        for (const [i, value] of row.entries()) sum += value * (values[i * size.F + f] as number);
        (y as Float32Array)[at] = sum * (scales[f] as number) + (size.bias ? (bias[f] as number) : 0);
      });
    },
    bound: ({ kernelSize, C }) => ({ absolute: 1e-6 * kernelSize * C + 1e-6 }),
    flops,
  };
};

export const conv1dInt8Entries = ([14, 7] as const).map(int8Entry);
