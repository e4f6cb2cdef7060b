import type * as tf from '@tensorflow/tfjs-core';
import { cellNumbers } from '@unroll/kernels/cell-numbers.ts';
import type { RecurrentAttrs } from '@unroll/ops/recurrent-op.ts';
import { biasShape, checkOperands, gateCounts, type Operands, outShape, type RecurrentSize, sizeOf } from '../../../recurrent-operands.ts';
import { type Heap, registerOp, withWorkspace } from './heap.ts';
import { packedWords } from './int8.ts';

/** Beyond this the kernels' 32-bit sizes would overflow. */
const MOST_BYTES = 2 ** 30;

type CellName = RecurrentAttrs['cell'];

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
  registerOp(heap, 'UnrollRecurrent', ({ inputs, attrs }) => forward(heap, inputs as Operands, attrs as RecurrentAttrs));
  registerOp(heap, 'UnrollRecurrentGrad', ({ inputs, attrs }) =>
    backward(heap, inputs as Operands, attrs as RecurrentAttrs & { bias: boolean }),
  );
}

function forward(heap: Heap, inputs: Operands, attrs: RecurrentAttrs): tf.TensorInfo[] {
  const { kernels } = heap;
  const { training, hardSigmoid = 0, reverse } = attrs;
  const int8 = inputs.w?.dtype === 'int32';
  const size = addressableSize(inputs, attrs);
  checkOperands(size, inputs, attrs, ['x', 'w', 'u'], int8 ? packedShapes(heap, size, attrs) : {});
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

function backward(heap: Heap, inputs: Operands, attrs: RecurrentAttrs & { bias: boolean }): tf.TensorInfo[] {
  const { kernels } = heap;
  const { hardSigmoid = 0, reverse } = attrs;
  const size = addressableSize(inputs, attrs);
  const { B, T, I, H } = size;
  const cell = cellNumbers[attrs.cell];
  const savedFloats = kernels.recurrentSavedFloats(cell, B, T, H, inputs.drop !== undefined);
  checkOperands(size, inputs, attrs, ['x', 'w', 'u', 'saved', 'dOut'], { saved: [savedFloats] });
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
const secondBias = (bias: number, { H }: RecurrentSize, cell: CellName) => (bias && cell === 'gruResetAfter' ? bias + 3 * H * 4 : 0);

/** The addresses of y, h and c in an output (or its gradient) at `address`; 0 for those it does not hold. */
function outputAddresses(
  address: number,
  { B, T, H }: RecurrentSize,
  { cell, output }: RecurrentAttrs,
): { y: number; h: number; c: number } {
  if (output === 'sequence') return { y: address, h: 0, c: 0 };
  if (output === 'last') return { y: 0, h: address, c: 0 };
  const h = address + B * T * H * 4;
  return { y: address, h, c: cell === 'lstm' ? h + B * H * 4 : 0 };
}

/** The shapes of w and u in int8. */
function packedShapes(heap: Heap, { I, H }: RecurrentSize, { cell, training }: RecurrentAttrs): Record<string, number[]> {
  if (training) throw new Error(`recurrent ${cell}: int8 weights cannot be trained; load the model in float32`);
  return { w: [packedWords(heap, I, gateCounts[cell], H)], u: [packedWords(heap, H, gateCounts[cell], H)] };
}

/** @throws if the kernels cannot address so much. */
function addressableSize(inputs: Operands, attrs: RecurrentAttrs): RecurrentSize {
  const size = sizeOf(inputs, attrs);
  const { B, T, I, H } = size;
  // The widest kernels pad to 16 units; the LSTM keeps six values of each.
  const width = Math.ceil(H / 16) * 16;
  const bytes = Math.max(B * T * 6 * width, B * T * I, (I + H) * 4 * width) * 4;
  if (bytes > MOST_BYTES) {
    throw new Error(
      `recurrent ${attrs.cell}: B=${B}, T=${T}, I=${I}, H=${H} needs ${bytes} bytes at once, over ${MOST_BYTES}; use smaller shards or shorter windows`,
    );
  }
  return size;
}
