import type * as tf from '@tensorflow/tfjs-core';
import { type Heap, registerOp, withWorkspace } from './heap.ts';

/**
 * Adds UnrollCrossEntropy: logits float32 [n,C] and labels int32 [n] to margins [n] and sums [n], whose
 * log(sum) - margin is the cross-entropy of the softmax, and the gradient of that, [n,C].
 * @throws if a label is outside [0,C).
 */
export function registerCrossEntropy(heap: Heap): void {
  registerOp(heap, 'UnrollCrossEntropy', ({ inputs, backend }) => {
    const { logits, labels } = inputs as { logits: tf.TensorInfo; labels: tf.TensorInfo };
    const [n = 0, C = 0] = logits.shape;
    if (logits.dtype !== 'float32' || logits.shape.length !== 2 || labels.dtype !== 'int32' || labels.shape.join() !== `${n}`) {
      throw new Error(
        `cross-entropy: expected float32 logits [n,classes] and int32 labels [n], got ${logits.dtype} [${logits.shape}] and ${labels.dtype} [${labels.shape}]`,
      );
    }
    const outputs = [[n], [n], [n, C]].map((shape) => heap.makeOutput(shape));
    const [margins = 0, sums = 0, gradient = 0] = outputs.map((output) => heap.address(output));
    const given = { n, C, logits: heap.address(logits), labels: heap.address(labels) };
    let wrong = -1;
    withWorkspace(heap, heap.kernels.softmaxCrossEntropyWorkspaceBytes(), (workspace) => {
      wrong = heap.kernels.softmaxCrossEntropy({ ...given, margins, sums, gradient, workspace });
    });
    if (wrong >= 0) {
      throw new Error(
        `cross-entropy: label ${(backend as tf.KernelBackend).readSync(labels.dataId)[wrong]} of row ${wrong} is outside ${C} classes`,
      );
    }
    return outputs;
  });
}
