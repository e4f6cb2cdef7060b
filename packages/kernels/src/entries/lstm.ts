import type { KernelEntry, Kernels, Operand, OperandArray, Pointer } from '../kernels.ts';
import { type LstmInputs, lstmForward, type SequenceSize } from '../reference/lstm.ts';
import { numericGradient } from '../reference/numeric-gradient.ts';

const dimensions = [
  [1, 1, 1],
  [2, 3, 3],
  [3, 4, 5],
  [7, 2, 8],
  [2, 5, 9],
] as const;

const plain = { initial: false, mask: false, drop: false };
const options: Omit<SequenceSize, 'B' | 'T' | 'H'>[] = [
  plain,
  { ...plain, initial: true },
  { ...plain, mask: true },
  { initial: true, mask: true, drop: false },
  { initial: true, mask: true, drop: true },
];

const sizes: SequenceSize[] = [
  ...dimensions.flatMap(([B, T, H]) => options.map((option) => ({ B, T, H, ...option }))),
  // 4H and H over one block of K.
  { B: 1, T: 1, H: 66, ...plain, initial: true },
];

const inputs = ({ B, T, H }: SequenceSize): Operand[] => [
  { name: 'xw', role: 'in', type: 'f32', length: B * T * 4 * H },
  { name: 'u', role: 'in', type: 'f32', length: H * 4 * H },
  { name: 'h0', role: 'in', type: 'f32', length: B * H },
  { name: 'c0', role: 'in', type: 'f32', length: B * H },
  { name: 'mask', role: 'in', type: 'mask', length: B * T },
  { name: 'drop', role: 'in', type: 'f32', length: B * H },
];
const outLength = ({ B, T, H }: SequenceSize) => B * T * H + 2 * B * H;
const savedLength = ({ B, T, H }: SequenceSize) => B * T * 6 * H;

function runForward(kernels: Kernels, size: SequenceSize, pointers: readonly Pointer[], workspace: Pointer): void {
  const { B, T, H, initial, mask, drop } = size;
  const [xw = 0, u = 0, h0 = 0, c0 = 0, maskAt = 0, dropAt = 0, out = 0, saved = 0] = pointers;
  kernels.lstmForward(B, T, H, xw, u, initial ? h0 : 0, initial ? c0 : 0, mask ? maskAt : 0, drop ? dropAt : 0, out, saved, workspace);
}

/** The inputs as float64, to differentiate in. */
function doubles(arrays: readonly OperandArray[]): Record<keyof LstmInputs, Float64Array> {
  const [xw, u, h0, c0, mask, drop] = arrays.map((array) => Float64Array.from(array));
  return { xw, u, h0, c0, mask, drop } as Record<keyof LstmInputs, Float64Array>;
}

export const lstmForwardEntry: KernelEntry<SequenceSize> = {
  name: 'lstmForward',
  sizes: [...sizes, { B: 2, T: 3, H: 300, ...plain, initial: true }],
  operands: (size) => [
    ...inputs(size),
    { name: 'out', role: 'out', type: 'f32', length: outLength(size) },
    { name: 'saved', role: 'scratch', type: 'f32', length: savedLength(size) },
  ],
  workspaceBytes: (kernels, { B, T, H }) => kernels.lstmForwardWorkspaceBytes(B, T, H),
  call: (kernels, size, pointers) => runForward(kernels, size, pointers, pointers.at(-1) ?? 0),
  reference: (size, arrays) => (arrays[6] as Float32Array).set(lstmForward(size, doubles(arrays))),
  bound: ({ H }) => ({ absolute: 2e-6 + H * 1e-7 }),
  flops: ({ B, T, H }) => 8 * B * T * H * H,
};

export const lstmBackwardEntry: KernelEntry<SequenceSize> = {
  name: 'lstmBackward',
  sizes,
  operands: (size) => [
    ...inputs(size),
    { name: 'out', role: 'scratch', type: 'f32', length: outLength(size) },
    { name: 'saved', role: 'scratch', type: 'f32', length: savedLength(size) },
    { name: 'dOut', role: 'in', type: 'f32', length: outLength(size) },
    { name: 'dxw', role: 'out', type: 'f32', length: size.B * size.T * 4 * size.H },
    { name: 'du', role: 'out', type: 'f32', length: size.H * 4 * size.H },
    { name: 'dState', role: 'out', type: 'f32', length: 2 * size.B * size.H },
  ],
  workspaceBytes: (kernels, { B, T, H }) =>
    Math.max(kernels.lstmForwardWorkspaceBytes(B, T, H), kernels.lstmBackwardWorkspaceBytes(B, T, H)),
  call(kernels, size, pointers) {
    const { B, T, H, initial, mask, drop } = size;
    const workspace = pointers.at(-1) ?? 0;
    runForward(kernels, size, pointers, workspace);
    const [, u = 0, , c0 = 0, maskAt = 0, dropAt = 0, , saved = 0, dOut = 0, dxw = 0, du = 0, dState = 0] = pointers;
    kernels.lstmBackward(B, T, H, u, initial ? c0 : 0, mask ? maskAt : 0, drop ? dropAt : 0, saved, dOut, dxw, du, dState, workspace);
  },
  reference(size, arrays) {
    const given = doubles(arrays);
    const [dOut, dxw, du, dState] = arrays.slice(8) as Float32Array[];
    // A state that is not given is a state of zeros, and has a gradient all the same.
    const from = size.initial ? given : { ...given, h0: given.h0.fill(0), c0: given.c0.fill(0) };
    const gradient = (name: 'xw' | 'u' | 'h0' | 'c0') =>
      numericGradient(from[name], dOut as Float32Array, () => lstmForward({ ...size, initial: true }, from));
    dxw?.set(gradient('xw'));
    du?.set(gradient('u'));
    dState?.set([...gradient('h0'), ...gradient('c0')]);
  },
  bound: () => ({ absolute: 2e-5 }),
  flops: ({ B, T, H }) => 16 * B * T * H * H,
};
