import type * as tf from '@tensorflow/tfjs-core';
import { type Heap, replaceKernel, withWorkspace } from './heap.ts';

/** Beyond this the kernels' 32-bit sizes would overflow. */
const MOST_SAVED_BYTES = 2 ** 30;

type ForwardInputs = {
  xw: tf.TensorInfo;
  u: tf.TensorInfo;
  h0: tf.TensorInfo;
  c0: tf.TensorInfo;
  mask?: tf.TensorInfo;
  drop?: tf.TensorInfo;
};
type BackwardInputs = Omit<ForwardInputs, 'h0' | 'xw'> & { saved: tf.TensorInfo; dOut: tf.TensorInfo };

/**
 * Adds UnrollLstm and UnrollLstmGrad, the ops behind packages/model's LSTM (its recurrent.ts says what they take and give).
 * @throws from the ops, before a kernel runs, if a shape or type is not what they expect.
 */
export function registerLstm(heap: Heap): void {
  const { kernels } = heap;
  const optional = (tensor: tf.TensorInfo | undefined) => (tensor ? heap.address(tensor) : 0);

  replaceKernel('UnrollLstm', ({ inputs }) => {
    const { xw, u, h0, c0, mask, drop } = inputs as ForwardInputs;
    const [B = 0, T = 0] = xw.shape;
    const [H = 0] = u.shape;
    checkSize(B, T, H);
    expectTensor('xw', xw, [B, T, 4 * H]);
    expectTensor('u', u, [H, 4 * H]);
    expectTensor('h0', h0, [B, H]);
    expectTensor('c0', c0, [B, H]);
    if (mask) expectTensor('mask', mask, [B, T], 'bool');
    if (drop) expectTensor('drop', drop, [B, H]);
    const out = heap.makeOutput([B * T * H + 2 * B * H]);
    const saved = heap.makeOutput([kernels.lstmSavedFloats(B, T, H)]);
    const pointers = [heap.address(xw), heap.address(u), heap.address(h0), heap.address(c0), optional(mask), optional(drop)] as const;
    withWorkspace(heap, kernels.lstmForwardWorkspaceBytes(B, T, H), (workspace) => {
      kernels.lstmForward(B, T, H, ...pointers, heap.address(out), heap.address(saved), workspace);
    });
    return [out, saved];
  });

  replaceKernel('UnrollLstmGrad', ({ inputs, attrs }) => {
    const { u, c0, mask, drop, saved, dOut } = inputs as BackwardInputs;
    const { B, T } = attrs as { B: number; T: number };
    const [H = 0] = u.shape;
    checkSize(B, T, H);
    expectTensor('u', u, [H, 4 * H]);
    expectTensor('c0', c0, [B, H]);
    expectTensor('saved', saved, [kernels.lstmSavedFloats(B, T, H)]);
    expectTensor('dOut', dOut, [B * T * H + 2 * B * H]);
    if (mask) expectTensor('mask', mask, [B, T], 'bool');
    if (drop) expectTensor('drop', drop, [B, H]);
    const outputs = [heap.makeOutput([B, T, 4 * H]), heap.makeOutput([H, 4 * H]), heap.makeOutput([2, B, H])] as const;
    const [dxw, du, dState] = outputs.map(heap.address) as [number, number, number];
    const pointers = [heap.address(u), heap.address(c0), optional(mask), optional(drop), heap.address(saved), heap.address(dOut)] as const;
    withWorkspace(heap, kernels.lstmBackwardWorkspaceBytes(B, T, H), (workspace) => {
      kernels.lstmBackward(B, T, H, ...pointers, dxw, du, dState, workspace);
    });
    return [...outputs];
  });
}

function checkSize(B: number, T: number, H: number): void {
  if (![B, T, H].every((size) => Number.isSafeInteger(size) && size >= 1)) {
    throw new Error(`lstm: expected at least one sequence, step and unit, got B=${B}, T=${T}, H=${H}`);
  }
  const bytes = B * T * 6 * H * 4;
  if (bytes > MOST_SAVED_BYTES) {
    throw new Error(
      `lstm: B=${B}, T=${T}, H=${H} keeps ${bytes} bytes for the gradient, over ${MOST_SAVED_BYTES}; use smaller shards or shorter windows`,
    );
  }
}

function expectTensor(name: string, tensor: tf.TensorInfo, shape: number[], dtype = 'float32'): void {
  if (tensor.dtype !== dtype || tensor.shape.join() !== shape.join()) {
    throw new Error(`lstm: expected ${name} to be ${dtype} [${shape}], got ${tensor.dtype} [${tensor.shape}]`);
  }
}
