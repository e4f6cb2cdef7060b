import type * as tf from '@tensorflow/tfjs-core';
import { expectTensor } from './expect-tensor.ts';
import { type Heap, registerOp, withWorkspace } from './heap.ts';

type Inputs = Record<string, tf.TensorInfo | undefined>;

/**
 * Adds the ops of a linear-chain CRF, which throw if a shape or type is wrong:
 *
 * UnrollCrf      emissions float32 [B,T,L], labels int32 [B,T], optional mask bool [B,T], transitions [L,L], start and end [L],
 *                to losses [B] and what the gradient needs
 * UnrollCrfGrad  labels, mask, transitions, start, end, losses, saved and dLosses [B] to the gradients of emissions, transitions, start and end
 */
export function registerCrf(heap: Heap): void {
  registerOp(heap, 'UnrollCrf', ({ inputs }) => forward(heap, inputs as Inputs));
  registerOp(heap, 'UnrollCrfGrad', ({ inputs }) => backward(heap, inputs as Inputs));
}

function forward(heap: Heap, inputs: Inputs): tf.TensorInfo[] {
  const { kernels } = heap;
  const [B = 0, T = 0, L = 0] = inputs.emissions?.shape ?? [];
  expectTensor('crf', 'emissions', inputs.emissions, 'float32', [B, T, L]);
  checkShared(inputs, [B, T, L]);
  const [losses, saved] = [heap.makeOutput([B]), heap.makeOutput([kernels.crfSavedFloats(B, T, L)])];
  let wrong = -1;
  withWorkspace(heap, kernels.crfForwardWorkspaceBytes(B, L), (workspace) => {
    wrong = kernels.crfForward({
      B,
      T,
      L,
      ...addressesOf(heap, inputs),
      emissions: heap.address(inputs.emissions as tf.TensorInfo),
      losses: heap.address(losses),
      saved: heap.address(saved),
      workspace,
    });
  });
  if (wrong >= 0) throw new Error(`crf: the label of step ${wrong % T} of row ${Math.floor(wrong / T)} is out of range`);
  return [losses, saved];
}

function backward(heap: Heap, inputs: Inputs): tf.TensorInfo[] {
  const { kernels } = heap;
  const [B = 0, T = 0] = inputs.labels?.shape ?? [];
  const [L = 0] = inputs.start?.shape ?? [];
  checkShared(inputs, [B, T, L]);
  expectTensor('crf', 'losses', inputs.losses, 'float32', [B]);
  expectTensor('crf', 'dLosses', inputs.dLosses, 'float32', [B]);
  expectTensor('crf', 'saved', inputs.saved, 'float32', [kernels.crfSavedFloats(B, T, L)]);
  const outputs = [[B, T, L], [L, L], [L], [L]].map((shape) => heap.makeOutput(shape));
  const [dEmissions = 0, dTransitions = 0, dStart = 0, dEnd = 0] = outputs.map((output) => heap.address(output));
  withWorkspace(heap, kernels.crfBackwardWorkspaceBytes(B, L), (workspace) => {
    const [losses = 0, saved = 0, dLosses = 0] = ['losses', 'saved', 'dLosses'].map((name) => heap.address(inputs[name] as tf.TensorInfo));
    const gradients = { dEmissions, dTransitions, dStart, dEnd };
    kernels.crfBackward({ B, T, L, ...addressesOf(heap, inputs), losses, saved, dLosses, ...gradients, workspace });
  });
  return outputs;
}

function checkShared(inputs: Inputs, [B, T, L]: [number, number, number]): void {
  expectTensor('crf', 'labels', inputs.labels, 'int32', [B, T]);
  if (inputs.mask) expectTensor('crf', 'mask', inputs.mask, 'bool', [B, T]);
  expectTensor('crf', 'transitions', inputs.transitions, 'float32', [L, L]);
  expectTensor('crf', 'start', inputs.start, 'float32', [L]);
  expectTensor('crf', 'end', inputs.end, 'float32', [L]);
}

function addressesOf(heap: Heap, { labels, mask, transitions, start, end }: Inputs) {
  const at = (tensor: tf.TensorInfo | undefined) => heap.address(tensor as tf.TensorInfo);
  return { labels: at(labels), ...(mask && { mask: at(mask) }), transitions: at(transitions), start: at(start), end: at(end) };
}
