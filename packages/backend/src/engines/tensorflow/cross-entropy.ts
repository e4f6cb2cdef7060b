import * as tf from '@tensorflow/tfjs-core';
import type { Tensorflow } from './binding.ts';

/**
 * Registers UnrollCrossEntropy for TensorFlow, with the inputs and outputs of ops/cross-entropy.ts: log(sum) - margin is the loss, so the
 * margins are its negative and the sums 1.
 * @param deterministic whether to avoid TensorFlow's own op, which TF_DETERMINISTIC_OPS refuses on a GPU.
 * @throws if a label is outside [0, C). The deterministic loss of that row is NaN instead.
 */
export function registerCrossEntropy(tensorflow: Pick<Tensorflow, 'execute'>, deterministic: boolean): void {
  if (tf.getKernel('UnrollCrossEntropy', 'tensorflow')) tf.unregisterKernel('UnrollCrossEntropy', 'tensorflow');
  tf.registerKernel({
    kernelName: 'UnrollCrossEntropy',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs }) =>
      tf.tidy(() => {
        const { logits, labels } = inputs as { logits: tf.Tensor2D; labels: tf.Tensor1D };
        const [n, C] = logits.shape;
        // TensorFlow refuses an empty batch.
        if (n === 0) return [tf.zeros([0]), tf.zeros([0]), tf.zeros([0, C])];
        const [loss, gradient] = (deterministic ? byLogSoftmax : byOneOp)(tensorflow, logits, labels);
        return [tf.neg(loss), tf.onesLike(loss), gradient];
      }),
  });
}

/** The loss of each row [n], and the gradient of the logits [n, C]. */
type LossAndGradient = [tf.Tensor, tf.Tensor];

function byOneOp({ execute }: Pick<Tensorflow, 'execute'>, logits: tf.Tensor2D, labels: tf.Tensor1D): LossAndGradient {
  try {
    return execute('SparseSoftmaxCrossEntropyWithLogits', [logits, labels], {}, 2) as LossAndGradient;
  } catch (error) {
    const values = labels.dataSync();
    const C = logits.shape[1];
    const wrong = values.findIndex((label) => label < 0 || label >= C);
    if (wrong < 0) throw error;
    throw new Error(`cross-entropy: label ${values[wrong]} of row ${wrong} is outside ${C} classes`, { cause: error });
  }
}

function byLogSoftmax({ execute }: Pick<Tensorflow, 'execute'>, logits: tf.Tensor2D, labels: tf.Tensor1D): LossAndGradient {
  const [logs] = execute('LogSoftmax', [logits], {}, 1) as [tf.Tensor];
  const target = tf.cast(tf.oneHot(labels, logits.shape[1]), 'float32');
  // A choice, because 0 · -Infinity is NaN. The sum of a target is 1, and 0 for a label outside of the classes: 0 / 0.
  const ofTarget = tf.where(tf.cast(target, 'bool'), logs, tf.zerosLike(logs));
  const loss = tf.div(tf.neg(tf.sum(ofTarget, 1)), tf.sum(target, 1));
  return [loss, tf.sub(tf.exp(logs), target)];
}
