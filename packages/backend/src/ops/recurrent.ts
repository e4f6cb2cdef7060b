import type * as tf from '@tensorflow/tfjs-core';
import type { Kernels, Pointer } from '@unroll/kernels/kernels.ts';
import { type Heap, replaceKernel, withWorkspace } from './heap.ts';

/** Beyond this the kernels' 32-bit sizes would overflow. */
const MOST_SAVED_BYTES = 2 ** 30;

interface Size {
  B: number;
  T: number;
  H: number;
  /** SimpleRNN's activation by the kernel's number. */
  activation: number;
}

/** Addresses by operand name; 0 where an operand is absent. */
type Addresses = Readonly<Record<string, Pointer>>;

/** How one cell's op maps to its kernels. */
interface FusedCell {
  op: string;
  gates: number;
  states: readonly string[];
  /** Whether the recurrent product may have a bias of its own. */
  bias: boolean;
  savedFloats(kernels: Kernels, size: Size): number;
  workspaceBytes(kernels: Kernels, size: Size): { forward: number; backward: number };
  forward(kernels: Kernels, size: Size, at: Addresses, workspace: Pointer): void;
  backward(kernels: Kernels, size: Size, at: Addresses, workspace: Pointer): void;
}

/**
 * Adds UnrollLstm, UnrollGru and UnrollRnn with their gradient ops: what packages/model runs its recurrent layers on
 * (its recurrent.ts says what they take and give).
 * @throws from the ops, before a kernel runs, if a shape or type is not what they expect.
 */
export function registerRecurrent(heap: Heap): void {
  for (const cell of [lstm, gru, rnn]) {
    replaceKernel(cell.op, ({ inputs, attrs }) => forward(heap, cell, inputs as Inputs, attrs as Attrs));
    replaceKernel(`${cell.op}Grad`, ({ inputs, attrs }) => backward(heap, cell, inputs as Inputs, attrs as Attrs));
  }
}

type Inputs = Record<string, tf.TensorInfo | undefined>;
type Attrs = { B?: number; T?: number; activation?: number } | undefined;

function forward(heap: Heap, cell: FusedCell, inputs: Inputs, attrs: Attrs): tf.TensorInfo[] {
  const { kernels } = heap;
  const [B = 0, T = 0] = inputs.xw?.shape ?? [];
  const size = checkSize(cell, { B, T, H: inputs.u?.shape[0] ?? 0, activation: attrs?.activation ?? 0 });
  checkInputs(cell, size, inputs, ['xw', 'u', ...cell.states]);
  const out = heap.makeOutput([B * T * size.H + cell.states.length * B * size.H]);
  const saved = heap.makeOutput([cell.savedFloats(kernels, size)]);
  const at = addresses(heap, { ...inputs, out, saved });
  withWorkspace(heap, cell.workspaceBytes(kernels, size).forward, (workspace) => cell.forward(kernels, size, at, workspace));
  return [out, saved];
}

function backward(heap: Heap, cell: FusedCell, inputs: Inputs, attrs: Attrs): tf.TensorInfo[] {
  const { kernels } = heap;
  const H = inputs.u?.shape[0] ?? 0;
  const size = checkSize(cell, { B: attrs?.B ?? 0, T: attrs?.T ?? 0, H, activation: attrs?.activation ?? 0 });
  const { B, T } = size;
  // Of the initial states a gradient needs the cell state alone.
  checkInputs(cell, size, inputs, ['u', 'saved', 'dOut', ...cell.states.slice(1)], cell.savedFloats(kernels, size));
  const dxw = heap.makeOutput([B, T, cell.gates * H]);
  const du = heap.makeOutput([H, cell.gates * H]);
  const dBias = inputs.bias && heap.makeOutput([cell.gates * H]);
  const dState = heap.makeOutput([cell.states.length, B, H]);
  const at = addresses(heap, { ...inputs, dxw, du, dBias, dState });
  withWorkspace(heap, cell.workspaceBytes(kernels, size).backward, (workspace) => cell.backward(kernels, size, at, workspace));
  return [dxw, du, ...(dBias ? [dBias] : []), dState];
}

const addresses = (heap: Heap, tensors: Inputs): Addresses =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor ? heap.address(tensor) : 0]));

function checkSize(cell: FusedCell, size: Size): Size {
  const { B, T, H } = size;
  if (![B, T, H].every((axis) => Number.isSafeInteger(axis) && axis >= 1)) {
    throw new Error(`${cell.op}: expected at least one sequence, step and unit, got B=${B}, T=${T}, H=${H}`);
  }
  const bytes = B * T * (cell.gates + 2) * H * 4;
  if (bytes > MOST_SAVED_BYTES) {
    throw new Error(
      `${cell.op}: B=${B}, T=${T}, H=${H} keeps ${bytes} bytes for the gradient, over ${MOST_SAVED_BYTES}; use smaller shards or shorter windows`,
    );
  }
  return size;
}

/** @throws if a needed operand is missing, or any is of another shape or type than the sizes say. */
function checkInputs(cell: FusedCell, { B, T, H }: Size, inputs: Inputs, needed: readonly string[], savedFloats = 0): void {
  const columns = cell.gates * H;
  const shapes: Record<string, number[]> = {
    xw: [B, T, columns],
    u: [H, columns],
    bias: [columns],
    h0: [B, H],
    c0: [B, H],
    mask: [B, T],
    drop: [B, H],
    saved: [savedFloats],
    dOut: [B * T * H + cell.states.length * B * H],
  };
  const missing = needed.find((name) => !inputs[name]);
  if (missing) throw new Error(`${cell.op}: '${missing}' is missing`);
  if (inputs.bias && !cell.bias) throw new Error(`${cell.op}: takes no bias of the recurrent product`);
  for (const [name, tensor] of Object.entries(inputs)) {
    const dtype = name === 'mask' ? 'bool' : 'float32';
    if (tensor && (tensor.dtype !== dtype || tensor.shape.join() !== shapes[name]?.join())) {
      throw new Error(`${cell.op}: expected ${name} to be ${dtype} [${shapes[name]}], got ${tensor.dtype} [${tensor.shape}]`);
    }
  }
}

const lstm: FusedCell = {
  op: 'UnrollLstm',
  gates: 4,
  states: ['h0', 'c0'],
  bias: false,
  savedFloats: (kernels, { B, T, H }) => kernels.lstmSavedFloats(B, T, H),
  workspaceBytes: (kernels, { B, T, H }) => ({
    forward: kernels.lstmForwardWorkspaceBytes(B, T, H),
    backward: kernels.lstmBackwardWorkspaceBytes(B, T, H),
  }),
  forward(kernels, { B, T, H }, { xw = 0, u = 0, h0 = 0, c0 = 0, mask = 0, drop = 0, out = 0, saved = 0 }, workspace) {
    kernels.lstmForward(B, T, H, xw, u, h0, c0, mask, drop, out, saved, workspace);
  },
  backward(kernels, { B, T, H }, { u = 0, c0 = 0, mask = 0, drop = 0, saved = 0, dOut = 0, dxw = 0, du = 0, dState = 0 }, workspace) {
    kernels.lstmBackward(B, T, H, u, c0, mask, drop, saved, dOut, dxw, du, dState, workspace);
  },
};

const gru: FusedCell = {
  op: 'UnrollGru',
  gates: 3,
  states: ['h0'],
  bias: true,
  savedFloats: (kernels, { B, T, H }) => kernels.gruSavedFloats(B, T, H),
  workspaceBytes: (kernels, { B, T, H }) => ({
    forward: kernels.gruForwardWorkspaceBytes(B, T, H),
    backward: kernels.gruBackwardWorkspaceBytes(B, T, H),
  }),
  forward(kernels, { B, T, H }, { xw = 0, u = 0, bias = 0, h0 = 0, mask = 0, drop = 0, out = 0, saved = 0 }, workspace) {
    kernels.gruForward(B, T, H, xw, u, bias, h0, mask, drop, out, saved, workspace);
  },
  backward(kernels, { B, T, H }, { u = 0, mask = 0, drop = 0, saved = 0, dOut = 0, dxw = 0, du = 0, dBias = 0, dState = 0 }, workspace) {
    kernels.gruBackward(B, T, H, u, mask, drop, saved, dOut, dxw, du, dBias, dState, workspace);
  },
};

const rnn: FusedCell = {
  op: 'UnrollRnn',
  gates: 1,
  states: ['h0'],
  bias: false,
  savedFloats: (kernels, { B, T, H }) => kernels.rnnSavedFloats(B, T, H),
  workspaceBytes: (kernels, { B, T, H }) => ({
    forward: kernels.rnnForwardWorkspaceBytes(B, T, H),
    backward: kernels.rnnBackwardWorkspaceBytes(B, T, H),
  }),
  forward(kernels, { B, T, H, activation }, { xw = 0, u = 0, h0 = 0, mask = 0, drop = 0, out = 0, saved = 0 }, workspace) {
    kernels.rnnForward(B, T, H, activation, xw, u, h0, mask, drop, out, saved, workspace);
  },
  backward(kernels, { B, T, H, activation }, { u = 0, mask = 0, drop = 0, saved = 0, dOut = 0, dxw = 0, du = 0, dState = 0 }, workspace) {
    kernels.rnnBackward(B, T, H, activation, u, mask, drop, saved, dOut, dxw, du, dState, workspace);
  },
};
