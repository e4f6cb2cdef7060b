import type * as tf from '@tensorflow/tfjs-core';
import { expectTensor } from './expect-tensor.ts';
import { type Heap, registerOp, withWorkspace } from './heap.ts';

/**
 * Adds UnrollCtc: logits float32 [B,T,L], int32 frames [B], targets [B,S] and targetLengths [B], and the attribute blank, to losses [B] and,
 * with the attribute gradient, the gradient of each loss by its logits [B,T,L].
 * @throws if a shape, a type, a length or a label is wrong. packages/ops checks lengths and labels before, with better messages.
 */
export function registerCtc(heap: Heap): void {
  registerOp(heap, 'UnrollCtc', ({ inputs, attrs }) => {
    const { logits, frames, targets, targetLengths } = inputs as Record<'logits' | 'frames' | 'targets' | 'targetLengths', tf.TensorInfo>;
    const { blank, gradient } = attrs as unknown as { blank: number; gradient: boolean };
    const [B = 0, T = 0, L = 0] = logits.shape;
    const S = targets.shape[1] ?? 0;
    expectTensor('ctc', 'logits', logits, 'float32', [B, T, L]);
    expectTensor('ctc', 'frames', frames, 'int32', [B]);
    expectTensor('ctc', 'targets', targets, 'int32', [B, S]);
    expectTensor('ctc', 'targetLengths', targetLengths, 'int32', [B]);
    const outputs = [heap.makeOutput([B]), ...(gradient ? [heap.makeOutput([B, T, L])] : [])];
    const [losses = 0, ofLogits] = outputs.map((output) => heap.address(output));
    let wrong = -1;
    withWorkspace(heap, heap.kernels.ctcWorkspaceBytes(T, L, S), (workspace) => {
      wrong = heap.kernels.ctc({
        B,
        T,
        L,
        S,
        blank,
        logits: heap.address(logits),
        frames: heap.address(frames),
        targets: heap.address(targets),
        targetLengths: heap.address(targetLengths),
        losses,
        ...(gradient && { gradient: ofLogits as number }),
        workspace,
      });
    });
    if (wrong >= 0) throw new Error(`ctc: a length or a label of row ${wrong} is out of range`);
    return outputs;
  });
}
