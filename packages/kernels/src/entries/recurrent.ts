import { cellNumbers } from '../cell-numbers.ts';
import type { Kernels, Pointer } from '../kernels.ts';
import { naiveCells, naiveHardCells } from '../reference/cells.ts';
import { numericGradient } from '../reference/numeric-gradient.ts';
import { type NaiveCell, runSequence, type SequenceInputs, type SequenceSize } from '../reference/sequence.ts';
import type { KernelEntry, Operand, OperandArray } from './entry.ts';

type CellName = keyof typeof cellNumbers;

const dimensions = [
  { B: 1, T: 1, I: 1, H: 1 },
  { B: 2, T: 3, I: 2, H: 3 },
  { B: 3, T: 4, I: 5, H: 8 },
  { B: 7, T: 2, I: 8, H: 16 },
  { B: 2, T: 5, I: 3, H: 17 },
  { B: 0, T: 3, I: 2, H: 17 },
  { B: 2, T: 0, I: 3, H: 17 },
];
const plain = { initial: false, mask: 'none', drop: false, reverse: false, bias: true } as const;
const options: Omit<SequenceSize, keyof (typeof dimensions)[0]>[] = [
  { ...plain, bias: false },
  { ...plain, initial: true, reverse: true },
  { ...plain, mask: 'right' },
  { ...plain, mask: 'any', initial: true, reverse: true },
  { ...plain, mask: 'any', initial: true, drop: true },
];
const sizes = dimensions.flatMap((dimension) => options.map((option) => ({ ...dimension, ...option })));

const typical: SequenceSize = { ...plain, B: 32, T: 100, I: 64, H: 128 };

/** The entries of a cell's forward and backward kernels. */
function entriesOf(name: CellName, hardSigmoid = 0): [KernelEntry<SequenceSize>, KernelEntry<SequenceSize>] {
  const cell = cellNumbers[name];
  const naive: NaiveCell = (hardSigmoid ? naiveHardCells(hardSigmoid) : naiveCells)[name];
  const title = hardSigmoid ? `${name} with hardSigmoid ${hardSigmoid.toFixed(2)}` : name;
  // Only the gates differ, so a few sizes are enough.
  const own = hardSigmoid ? sizes.filter(({ H }) => H === 17) : sizes;
  const states = ['h0', 'c0'].slice(0, naive.states);
  const f32 = (operand: string, length: number, role: 'in' | 'out' | 'scratch' = 'in') => ({
    name: operand,
    role,
    type: 'f32' as const,
    length,
  });
  /** Operands with the shapes of y and the last states. */
  const outputs = ({ B, T, H }: SequenceSize, names: readonly string[], role: 'in' | 'out' | 'scratch') =>
    names.slice(0, 1 + states.length).map((operand, i) => f32(operand, B * (i ? 1 : T) * H, role));
  const savedLength = (kernels: Kernels, { B, T, H, drop }: SequenceSize) => kernels.recurrentSavedFloats(cell, B, T, H, drop);

  const inputs = ({ B, T, I, H, mask }: SequenceSize): Operand[] => [
    f32('x', B * T * I),
    // Scaled as an initializer does, so that an unbounded activation does not explode.
    { ...f32('w', I * naive.gates * H), scale: I ** -0.5 },
    { ...f32('u', H * naive.gates * H), scale: H ** -0.5 },
    f32('bias', naive.gates * H),
    ...(naive.recurrentBias ? [f32('recurrentBias', naive.gates * H)] : []),
    ...states.map((state) => f32(state, B * H)),
    { name: 'mask', role: 'in', type: 'mask', length: B * T, ...(mask === 'right' && { rows: T }) },
    f32('drop', B * H),
  ];
  const forwardOperands = (size: SequenceSize) => [...inputs(size), ...outputs(size, ['y', 'lastH', 'lastC'], 'out')];
  const backwardOperands = (size: SequenceSize) => [
    ...inputs(size),
    ...outputs(size, ['y', 'lastH', 'lastC'], 'scratch'),
    ...outputs(size, ['dY', 'dLastH', 'dLastC'], 'in'),
    f32('dx', size.B * size.T * size.I, 'out'),
    f32('dw', size.I * naive.gates * size.H, 'out'),
    f32('du', size.H * naive.gates * size.H, 'out'),
    f32('dBias', naive.gates * size.H, 'out'),
    ...(naive.recurrentBias ? [f32('dRecurrentBias', naive.gates * size.H, 'out')] : []),
    ...states.map((state) => f32(`d${state}`, size.B * size.H, 'out')),
  ];

  /** Pointers by name, null for operands that the size leaves out. */
  function named(operands: Operand[], size: SequenceSize, pointers: readonly Pointer[]): (operand: string) => Pointer {
    const all = new Map(operands.map((operand, i) => [operand.name, pointers[i] ?? 0]));
    if (!size.initial) for (const state of states) all.delete(state);
    if (size.mask === 'none') all.delete('mask');
    if (!size.drop) all.delete('drop');
    if (!size.bias) for (const bias of ['bias', 'recurrentBias']) all.delete(bias);
    return (operand) => all.get(operand) ?? 0;
  }

  function forwardCall(kernels: Kernels, size: SequenceSize, at: (operand: string) => Pointer, saved: Pointer, workspace: Pointer): void {
    const { B, T, I, H, reverse } = size;
    kernels.recurrentForward({
      cell,
      B,
      T,
      I,
      H,
      hardSigmoid,
      reverse,
      x: at('x'),
      w: at('w'),
      u: at('u'),
      bias: at('bias'),
      recurrentBias: at('recurrentBias'),
      h0: at('h0'),
      c0: at('c0'),
      mask: at('mask'),
      drop: at('drop'),
      y: at('y'),
      lastH: at('lastH'),
      lastC: at('lastC'),
      saved,
      workspace,
    });
  }

  /** The inputs as float64, for differentiation. A state that is not given is zero, and still has a gradient. */
  function doubles(size: SequenceSize, arrays: readonly OperandArray[]): SequenceInputs & { byName: Record<string, Float64Array> } {
    const byName = Object.fromEntries(inputs(size).map((operand, i) => [operand.name, Float64Array.from(arrays[i] as OperandArray)]));
    if (!size.initial) for (const state of states) byName[state]?.fill(0);
    if (!size.bias) for (const bias of ['bias', 'recurrentBias']) byName[bias]?.fill(0);
    const array = (operand: string) => byName[operand] ?? new Float64Array();
    return {
      byName,
      ...{ x: array('x'), w: array('w'), u: array('u'), bias: array('bias'), recurrentBias: array('recurrentBias') },
      states: states.map(array),
      ...{ mask: array('mask'), drop: array('drop') },
    };
  }
  // Zeros count as given, so that they have gradients.
  const naiveRun = (size: SequenceSize, given: SequenceInputs) => runSequence(naive, { ...size, initial: true, bias: true }, given);

  const forward: KernelEntry<SequenceSize> = {
    name: 'recurrentForward',
    label: `${title} forward`,
    // More rows than a chunk, and few enough to read the weights in place.
    sizes: [...own, { ...plain, B: 2, T: 3, I: 20, H: 300 }, { ...plain, B: 3, T: 130, I: 2, H: 3 }, { ...plain, B: 1, T: 2, I: 3, H: 32 }],
    typical,
    operands: forwardOperands,
    workspaceBytes: (kernels, { B, T, I, H, drop }) => kernels.recurrentForwardWorkspaceBytes({ cell, B, T, I, H, drop }),
    call: (kernels, size, pointers) =>
      forwardCall(kernels, size, named(forwardOperands(size), size, pointers), 0, pointers.at(-1) as Pointer),
    reference(size, arrays) {
      let at = 0;
      const results = naiveRun(size, doubles(size, arrays));
      for (const array of arrays.slice(inputs(size).length)) {
        (array as Float32Array).set(results.subarray(at, at + array.length));
        at += array.length;
      }
    },
    bound: ({ I, H }) => ({ absolute: 2e-6 + (I + H) * 1e-7 }),
    flops: ({ B, T, I, H }) => 2 * naive.gates * B * T * (I + H) * H,
  };

  const backward: KernelEntry<SequenceSize> = {
    name: 'recurrentBackward',
    label: `${title} backward`,
    sizes: [...own, { ...plain, B: 3, T: 130, I: 2, H: 2, mask: 'right' }],
    typical,
    operands: backwardOperands,
    workspaceBytes(kernels, size) {
      const { B, T, I, H, drop } = size;
      const forwardBytes = kernels.recurrentForwardWorkspaceBytes({ cell, B, T, I, H, drop, saves: true });
      return savedLength(kernels, size) * 4 + Math.max(forwardBytes, kernels.recurrentBackwardWorkspaceBytes(cell, B, T, I, H));
    },
    call(kernels, size, pointers) {
      const at = named(backwardOperands(size), size, pointers);
      const { B, T, I, H, reverse } = size;
      const saved = pointers.at(-1) as Pointer;
      const workspace = saved + savedLength(kernels, size) * 4;
      forwardCall(kernels, size, at, saved, workspace);
      kernels.recurrentBackward({
        cell,
        B,
        T,
        I,
        H,
        hardSigmoid,
        reverse,
        x: at('x'),
        w: at('w'),
        u: at('u'),
        mask: at('mask'),
        drop: at('drop'),
        saved,
        dY: at('dY'),
        dLastH: at('dLastH'),
        dLastC: at('dLastC'),
        dx: at('dx'),
        dw: at('dw'),
        du: at('du'),
        dBias: at('dBias'),
        dRecurrentBias: at('dRecurrentBias'),
        dh0: at('dh0'),
        dc0: at('dc0'),
        workspace,
      });
    },
    reference(size, arrays) {
      const given = doubles(size, arrays);
      const operands = backwardOperands(size);
      const array = (operand: string) => arrays[operands.findIndex((each) => each.name === operand)] as Float32Array;
      const dOut = ['dY', 'dLastH', 'dLastC'].slice(0, 1 + states.length).flatMap((operand) => [...array(operand)]);
      const gradient = (operand: string) => numericGradient(given.byName[operand] as Float64Array, dOut, () => naiveRun(size, given));
      array('dx').set(gradient('x'));
      array('dw').set(gradient('w'));
      array('du').set(gradient('u'));
      array('dBias').set(gradient('bias'));
      if (naive.recurrentBias) array('dRecurrentBias').set(gradient('recurrentBias'));
      for (const state of states) array(`d${state}`).set(gradient(state));
    },
    bound: ({ B, T }) => ({ absolute: 2e-5 + B * T * 1e-7 }),
    // The bench times the forward pass with it.
    flops: ({ B, T, I, H }) => 6 * naive.gates * B * T * (I + H) * H,
  };
  return [forward, backward];
}

export const recurrentEntries: readonly KernelEntry<SequenceSize>[] = [
  ...(Object.keys(cellNumbers) as CellName[]).flatMap((name) => entriesOf(name)),
  ...(['lstm', 'gruResetAfter', 'gruResetBefore'] as const).flatMap((name) => [0.2, 1 / 6].flatMap((slope) => entriesOf(name, slope))),
];
