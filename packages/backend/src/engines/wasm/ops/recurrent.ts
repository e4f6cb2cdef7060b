import type * as tf from '@tensorflow/tfjs-core';
import { cellNumbers } from '@unroll/kernels/cell-numbers.ts';
import type { RecurrentAttrs } from '@unroll/ops/recurrent-op.ts';
import { type Heap, registerOp, withWorkspace } from './heap.ts';
import { packedWords } from './int8.ts';

/** Beyond this the kernels' 32-bit sizes would overflow. */
const MOST_BYTES = 2 ** 30;

const gateCounts = { rnnTanh: 1, rnnRelu: 1, rnnSigmoid: 1, lstm: 4, gruResetAfter: 3, gruResetBefore: 3 } as const;
type CellName = RecurrentAttrs['cell'];

type Inputs = Record<string, tf.TensorInfo | undefined>;

interface Size {
  B: number;
  T: number;
  I: number;
  H: number;
}

/**
 * Adds the ops that recurrent layers run on. They throw before a kernel runs if a shape or type is wrong. B and T may be 0.
 *
 * UnrollRecurrent      x [B,T,I], w [I,G·H], u [H,G·H]; optional bias [G·H] (with gruResetAfter [2,G·H]: that of x·W, then that of
 *                      h·U), h0 and c0 [B,H], mask bool [B,T], drop [B,H]; to [out, saved].
 *                      Without training w and u may be int8, packed by UnrollPackInt8.
 * UnrollRecurrentGrad  x, w, u, mask, drop, saved, dOut, attribute `bias` (whether there is one); to [dx, dw, du, dBias (if there
 *                      is a bias), dh0, dc0 (of an LSTM)]
 */
export function registerRecurrent(heap: Heap): void {
  registerOp(heap, 'UnrollRecurrent', ({ inputs, attrs }) => forward(heap, inputs as Inputs, attrs as RecurrentAttrs));
  registerOp(heap, 'UnrollRecurrentGrad', ({ inputs, attrs }) =>
    backward(heap, inputs as Inputs, attrs as RecurrentAttrs & { bias: boolean }),
  );
}

function forward(heap: Heap, inputs: Inputs, attrs: RecurrentAttrs): tf.TensorInfo[] {
  const { kernels } = heap;
  const { training, hardSigmoid = false, reverse } = attrs;
  const int8 = inputs.w?.dtype === 'int32';
  const size = sizeOf(inputs, attrs);
  checkInputs(size, inputs, attrs, ['x', 'w', 'u'], int8 ? packedShapes(heap, size, attrs) : {});
  const { B, T, H } = size;
  const cell = cellNumbers[attrs.cell];
  const drop = inputs.drop !== undefined;
  const out = heap.makeOutput(outShape(size, attrs));
  const saved = heap.makeOutput([training ? kernels.recurrentSavedFloats(cell, B, T, H, drop) : 0]);
  const outputs = outputAddresses(heap.address(out), size, attrs);
  const bytes = kernels.recurrentForwardWorkspaceBytes({ cell, ...size, drop, saves: training, int8 });
  withWorkspace(heap, bytes, (workspace) => {
    const at = (name: string) => addressOf(heap, inputs[name]);
    kernels.recurrentForward({
      cell,
      ...size,
      hardSigmoid,
      int8,
      reverse,
      x: at('x'),
      w: at('w'),
      u: at('u'),
      bias: at('bias'),
      recurrentBias: secondBias(at('bias'), size, attrs.cell),
      h0: at('h0'),
      c0: at('c0'),
      mask: at('mask'),
      drop: at('drop'),
      y: outputs.y,
      lastH: outputs.h,
      lastC: outputs.c,
      saved: training ? heap.address(saved) : 0,
      workspace,
    });
  });
  return [out, saved];
}

function backward(heap: Heap, inputs: Inputs, attrs: RecurrentAttrs & { bias: boolean }): tf.TensorInfo[] {
  const { kernels } = heap;
  const { hardSigmoid = false, reverse } = attrs;
  const size = sizeOf(inputs, attrs);
  const { B, T, I, H } = size;
  const cell = cellNumbers[attrs.cell];
  const savedFloats = kernels.recurrentSavedFloats(cell, B, T, H, inputs.drop !== undefined);
  checkInputs(size, inputs, attrs, ['x', 'w', 'u', 'saved', 'dOut'], { saved: [savedFloats] });
  const columns = gateCounts[attrs.cell] * H;
  const dx = heap.makeOutput([B, T, I]);
  const dw = heap.makeOutput([I, columns]);
  const du = heap.makeOutput([H, columns]);
  const dBias = attrs.bias ? heap.makeOutput(biasShape(size, attrs.cell)) : undefined;
  const dStates = Array.from({ length: attrs.cell === 'lstm' ? 2 : 1 }, () => heap.makeOutput([B, H]));
  withWorkspace(heap, kernels.recurrentBackwardWorkspaceBytes(cell, B, T, I, H), (workspace) => {
    const at = (name: string) => addressOf(heap, inputs[name]);
    const dOut = outputAddresses(at('dOut'), size, attrs);
    kernels.recurrentBackward({
      cell,
      ...size,
      hardSigmoid,
      reverse,
      x: at('x'),
      w: at('w'),
      u: at('u'),
      mask: at('mask'),
      drop: at('drop'),
      saved: at('saved'),
      dY: dOut.y,
      dLastH: dOut.h,
      dLastC: dOut.c,
      dx: heap.address(dx),
      dw: heap.address(dw),
      du: heap.address(du),
      dBias: addressOf(heap, dBias),
      dRecurrentBias: secondBias(addressOf(heap, dBias), size, attrs.cell),
      dh0: addressOf(heap, dStates[0]),
      dc0: addressOf(heap, dStates[1]),
      workspace,
    });
  });
  return [dx, dw, du, ...(dBias ? [dBias] : []), ...dStates];
}

const addressOf = (heap: Heap, tensor: tf.TensorInfo | undefined) => (tensor ? heap.address(tensor) : 0);

/** The bias of h·U follows that of x·W. */
const secondBias = (bias: number, { H }: Size, cell: CellName) => (bias && cell === 'gruResetAfter' ? bias + 3 * H * 4 : 0);

const biasShape = ({ H }: Size, cell: CellName) => (cell === 'gruResetAfter' ? [2, 3 * H] : [gateCounts[cell] * H]);

function outShape({ B, T, H }: Size, { cell, output }: RecurrentAttrs): number[] {
  if (output === 'sequence') return [B, T, H];
  if (output === 'last') return [B, H];
  return [B * T * H + (cell === 'lstm' ? 2 : 1) * B * H];
}

/** The addresses of y, h and c in an output (or its gradient) at `address`; 0 for those it does not hold. */
function outputAddresses(address: number, { B, T, H }: Size, { cell, output }: RecurrentAttrs): { y: number; h: number; c: number } {
  if (output === 'sequence') return { y: address, h: 0, c: 0 };
  if (output === 'last') return { y: 0, h: address, c: 0 };
  const h = address + B * T * H * 4;
  return { y: address, h, c: cell === 'lstm' ? h + B * H * 4 : 0 };
}

/** The shapes of w and u in int8. */
function packedShapes(heap: Heap, { I, H }: Size, { cell, training }: RecurrentAttrs): Record<string, number[]> {
  if (training) throw new Error(`recurrent ${cell}: int8 weights cannot be trained; load the model in float32`);
  return { w: [packedWords(heap, I, gateCounts[cell], H)], u: [packedWords(heap, H, gateCounts[cell], H)] };
}

function sizeOf({ x, u }: Inputs, { cell, units }: RecurrentAttrs): Size {
  const [B = 0, T = 0, I = 0] = x?.shape ?? [];
  // A packed matrix does not show its size.
  const H = u?.dtype === 'int32' ? units : (u?.shape[0] ?? 0);
  if (I < 1 || H < 1) throw new Error(`recurrent ${cell}: expected at least one feature and one unit, got ${I} and ${H}`);
  // The widest kernels pad to 16 units; the LSTM keeps six values of each.
  const width = Math.ceil(H / 16) * 16;
  const bytes = Math.max(B * T * 6 * width, B * T * I, (I + H) * 4 * width) * 4;
  if (bytes > MOST_BYTES) {
    throw new Error(
      `recurrent ${cell}: B=${B}, T=${T}, I=${I}, H=${H} needs ${bytes} bytes at once, over ${MOST_BYTES}; use smaller shards or shorter windows`,
    );
  }
  return { B, T, I, H };
}

/** @throws if a needed operand is missing, or an operand's shape or type is wrong. */
function checkInputs(size: Size, inputs: Inputs, attrs: RecurrentAttrs, needed: readonly string[], more: Record<string, number[]>): void {
  const { cell } = attrs;
  const { B, T, I, H } = size;
  const columns = gateCounts[cell] * H;
  const shapes: Record<string, number[]> = {
    x: [B, T, I],
    w: [I, columns],
    u: [H, columns],
    bias: biasShape(size, cell),
    h0: [B, H],
    ...(cell === 'lstm' && { c0: [B, H] }),
    mask: [B, T],
    drop: [B, H],
    dOut: outShape(size, attrs),
    ...more,
  };
  const missing = needed.find((name) => !inputs[name]);
  if (missing) throw new Error(`recurrent ${cell}: '${missing}' is missing`);
  for (const [name, tensor] of Object.entries(inputs)) {
    if (!tensor) continue;
    const shape = shapes[name];
    if (!shape) throw new Error(`recurrent ${cell}: has no input '${name}'`);
    const dtype = name === 'mask' ? 'bool' : more[name] && name !== 'saved' ? 'int32' : 'float32';
    if (tensor.dtype !== dtype || tensor.shape.join() !== shape.join()) {
      throw new Error(`recurrent ${cell}: expected ${name} to be ${dtype} [${shape}], got ${tensor.dtype} [${tensor.shape}]`);
    }
  }
}
