import type { KernelEntry, Kernels, Operand, OperandArray, Pointer } from '../kernels.ts';
import { gru, lstm, rnns } from '../reference/cells.ts';
import { numericGradient } from '../reference/numeric-gradient.ts';
import { type NaiveCell, runSequence, type SequenceInputs, type SequenceSize } from '../reference/sequence.ts';

/** Where the operands of a call lie, by name. Null pointers stand for what the size leaves out. */
type Pointers = Readonly<Record<string, Pointer>>;

/** What tells the fused cells apart for tests and benches. */
interface FusedCell {
  forwardName: keyof Kernels;
  backwardName: keyof Kernels;
  naive: NaiveCell;
  states: readonly ('h0' | 'c0')[];
  /** Whether the recurrent product has a bias of its own. */
  bias: boolean;
  savedFloats(size: SequenceSize): number;
  workspaceBytes(kernels: Kernels, size: SequenceSize): { forward: number; backward: number };
  forward(kernels: Kernels, size: SequenceSize, pointers: Pointers): void;
  backward(kernels: Kernels, size: SequenceSize, pointers: Pointers): void;
}

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
const sizes: SequenceSize[] = dimensions.flatMap(([B, T, H]) => options.map((option) => ({ B, T, H, ...option })));

/** The forward and the backward kernel of a cell as entries of the list. */
function entriesOf(cell: FusedCell): [KernelEntry<SequenceSize>, KernelEntry<SequenceSize>] {
  const { naive, states, bias } = cell;
  const f32 = (name: string, length: number, role: 'in' | 'out' | 'scratch' = 'in'): Operand => ({ name, role, type: 'f32', length });
  const outLength = ({ B, T, H }: SequenceSize) => B * T * H + states.length * B * H;
  const inputs = ({ B, T, H }: SequenceSize): Operand[] => [
    f32('xw', B * T * naive.gates * H),
    f32('u', H * naive.gates * H),
    ...(bias ? [f32('bias', naive.gates * H)] : []),
    ...states.map((name) => f32(name, B * H)),
    { name: 'mask', role: 'in', type: 'mask', length: B * T },
    f32('drop', B * H),
  ];
  const forwardOperands = (size: SequenceSize, role: 'out' | 'scratch') => [
    ...inputs(size),
    f32('out', outLength(size), role),
    f32('saved', cell.savedFloats(size), 'scratch'),
  ];
  const backwardOperands = (size: SequenceSize) => [
    ...forwardOperands(size, 'scratch'),
    f32('dOut', outLength(size)),
    f32('dxw', size.B * size.T * naive.gates * size.H, 'out'),
    f32('du', size.H * naive.gates * size.H, 'out'),
    ...(bias ? [f32('dBias', naive.gates * size.H, 'out')] : []),
    f32('dState', states.length * size.B * size.H, 'out'),
  ];

  /** Pointers by name, null for what the size leaves out. */
  function named(operands: Operand[], size: SequenceSize, pointers: readonly Pointer[]): Pointers {
    const all = Object.fromEntries([...operands.map(({ name }, i) => [name, pointers[i] ?? 0]), ['workspace', pointers.at(-1) ?? 0]]);
    const { initial, mask, drop } = size;
    return { ...all, ...(!initial && { h0: 0, c0: 0 }), ...(!mask && { mask: 0 }), ...(!drop && { drop: 0 }) };
  }

  /** The inputs as float64, to differentiate in. A state that is not given is one of zeros, and has a gradient all the same. */
  function doubles(size: SequenceSize, arrays: readonly OperandArray[]): SequenceInputs & { byName: Record<string, Float64Array> } {
    const byName = Object.fromEntries(inputs(size).map(({ name }, i) => [name, Float64Array.from(arrays[i] as OperandArray)]));
    if (!size.initial) for (const name of states) byName[name]?.fill(0);
    const { xw, u, mask, drop } = byName as Record<'xw' | 'u' | 'mask' | 'drop', Float64Array>;
    return {
      byName,
      xw,
      u,
      ...(bias && { bias: byName.bias as Float64Array }),
      states: states.map((name) => byName[name] as Float64Array),
      mask,
      drop,
    };
  }
  const naiveRun = (size: SequenceSize, given: SequenceInputs) => runSequence(naive, { ...size, initial: true }, given);

  const forward: KernelEntry<SequenceSize> = {
    name: cell.forwardName,
    // H over one block of K.
    sizes: [...sizes, { B: 2, T: 3, H: 300, ...plain, initial: true }],
    operands: (size) => forwardOperands(size, 'out'),
    workspaceBytes: (kernels, size) => cell.workspaceBytes(kernels, size).forward,
    call: (kernels, size, pointers) => cell.forward(kernels, size, named(forwardOperands(size, 'out'), size, pointers)),
    reference(size, arrays) {
      const out = forwardOperands(size, 'out').findIndex(({ name }) => name === 'out');
      (arrays[out] as Float32Array).set(naiveRun(size, doubles(size, arrays)));
    },
    bound: ({ H }) => ({ absolute: 2e-6 + H * 1e-7 }),
    flops: ({ B, T, H }) => 2 * naive.gates * B * T * H * H,
  };

  const backward: KernelEntry<SequenceSize> = {
    name: cell.backwardName,
    // gates·H over one block of K.
    sizes: [...sizes, { B: 1, T: 1, H: Math.ceil(260 / naive.gates), ...plain, initial: true }],
    operands: backwardOperands,
    workspaceBytes: (kernels, size) => Math.max(...Object.values(cell.workspaceBytes(kernels, size))),
    call(kernels, size, pointers) {
      const all = named(backwardOperands(size), size, pointers);
      cell.forward(kernels, size, all);
      cell.backward(kernels, size, all);
    },
    reference(size, arrays) {
      const given = doubles(size, arrays);
      const operands = backwardOperands(size);
      const array = (name: string) => arrays[operands.findIndex((operand) => operand.name === name)] as Float32Array;
      const gradient = (name: string) => numericGradient(given.byName[name] as Float64Array, array('dOut'), () => naiveRun(size, given));
      array('dxw').set(gradient('xw'));
      array('du').set(gradient('u'));
      if (bias) array('dBias').set(gradient('bias'));
      array('dState').set(states.flatMap((name) => [...gradient(name)]));
    },
    bound: () => ({ absolute: 2e-5 }),
    flops: ({ B, T, H }) => 4 * naive.gates * B * T * H * H,
  };
  return [forward, backward];
}

const lstmCell: FusedCell = {
  forwardName: 'lstmForward',
  backwardName: 'lstmBackward',
  naive: lstm,
  states: ['h0', 'c0'],
  bias: false,
  savedFloats: ({ B, T, H }) => B * T * 6 * H,
  workspaceBytes: (kernels, { B, T, H }) => ({
    forward: kernels.lstmForwardWorkspaceBytes(B, T, H),
    backward: kernels.lstmBackwardWorkspaceBytes(B, T, H),
  }),
  forward(kernels, { B, T, H }, { xw = 0, u = 0, h0 = 0, c0 = 0, mask = 0, drop = 0, out = 0, saved = 0, workspace = 0 }) {
    kernels.lstmForward(B, T, H, xw, u, h0, c0, mask, drop, out, saved, workspace);
  },
  backward(kernels, { B, T, H }, { u = 0, c0 = 0, mask = 0, drop = 0, saved = 0, dOut = 0, dxw = 0, du = 0, dState = 0, workspace = 0 }) {
    kernels.lstmBackward(B, T, H, u, c0, mask, drop, saved, dOut, dxw, du, dState, workspace);
  },
};

const gruCell: FusedCell = {
  forwardName: 'gruForward',
  backwardName: 'gruBackward',
  naive: gru,
  states: ['h0'],
  bias: true,
  savedFloats: ({ B, T, H }) => B * T * 5 * H,
  workspaceBytes: (kernels, { B, T, H }) => ({
    forward: kernels.gruForwardWorkspaceBytes(B, T, H),
    backward: kernels.gruBackwardWorkspaceBytes(B, T, H),
  }),
  forward(kernels, { B, T, H }, { xw = 0, u = 0, bias = 0, h0 = 0, mask = 0, drop = 0, out = 0, saved = 0, workspace = 0 }) {
    kernels.gruForward(B, T, H, xw, u, bias, h0, mask, drop, out, saved, workspace);
  },
  backward(
    kernels,
    { B, T, H },
    { u = 0, mask = 0, drop = 0, saved = 0, dOut = 0, dxw = 0, du = 0, dBias = 0, dState = 0, workspace = 0 },
  ) {
    kernels.gruBackward(B, T, H, u, mask, drop, saved, dOut, dxw, du, dBias, dState, workspace);
  },
};

const rnnCells = rnns.map(
  (naive, activation): FusedCell => ({
    forwardName: 'rnnForward',
    backwardName: 'rnnBackward',
    naive,
    states: ['h0'],
    bias: false,
    savedFloats: ({ B, T, H }) => B * T * 2 * H,
    workspaceBytes: (kernels, { B, T, H }) => ({
      forward: kernels.rnnForwardWorkspaceBytes(B, T, H),
      backward: kernels.rnnBackwardWorkspaceBytes(B, T, H),
    }),
    forward(kernels, { B, T, H }, { xw = 0, u = 0, h0 = 0, mask = 0, drop = 0, out = 0, saved = 0, workspace = 0 }) {
      kernels.rnnForward(B, T, H, activation, xw, u, h0, mask, drop, out, saved, workspace);
    },
    backward(kernels, { B, T, H }, { u = 0, mask = 0, drop = 0, saved = 0, dOut = 0, dxw = 0, du = 0, dState = 0, workspace = 0 }) {
      kernels.rnnBackward(B, T, H, activation, u, mask, drop, saved, dOut, dxw, du, dState, workspace);
    },
  }),
);

export const recurrentEntries: readonly KernelEntry<SequenceSize>[] = [lstmCell, gruCell, ...rnnCells].flatMap(entriesOf);
