import * as tf from '@tensorflow/tfjs-core';
import type { Tensorflow } from './binding.ts';

/**
 * Registers UnrollCrossEntropy for TensorFlow, with the inputs and outputs of ops/cross-entropy.ts: log(sum) - margin is the loss, so the
 * margins are its negative and the sums 1.
 * @throws if a label is outside [0, C). On a GPU the loss of that row is NaN instead.
 */
export function registerCrossEntropy(tensorflow: Pick<Tensorflow, 'execute'>): void {
  if (tf.getKernel('UnrollCrossEntropy', 'tensorflow')) tf.unregisterKernel('UnrollCrossEntropy', 'tensorflow');
  tf.registerKernel({
    kernelName: 'UnrollCrossEntropy',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs }) => tf.tidy(() => crossEntropy(tensorflow, inputs as { logits: tf.Tensor2D; labels: tf.Tensor1D })),
  });
}

function crossEntropy(
  { execute }: Pick<Tensorflow, 'execute'>,
  { logits, labels }: { logits: tf.Tensor2D; labels: tf.Tensor1D },
): tf.Tensor[] {
  const [n, C] = logits.shape;
  // TensorFlow refuses an empty batch.
  if (n === 0) return [tf.zeros([0]), tf.zeros([0]), tf.zeros([0, C])];
  try {
    const [loss, gradient] = execute('SparseSoftmaxCrossEntropyWithLogits', [logits, labels], {}, 2) as [tf.Tensor, tf.Tensor];
    return [tf.neg(loss), tf.onesLike(loss), gradient];
  } catch (error) {
    const values = labels.dataSync();
    const wrong = values.findIndex((label) => label < 0 || label >= C);
    if (wrong < 0) throw error;
    throw new Error(`cross-entropy: label ${values[wrong]} of row ${wrong} is outside ${C} classes`, { cause: error });
  }
}
