import * as tf from '@tensorflow/tfjs-core';
import { ctcLoss } from '@unroll/ops/ctc-op.ts';
import type { Case } from '../cases.ts';
import type { Work } from '../serve.ts';

/** The sum of B CTC losses and its gradient by the logits: T frames of I labels, the first of them the blank, and targets of H labels. */
export function ctcWork({ B, T, I, H }: Case): Work {
  const logits = tf.randomNormal([B, T, I]);
  const targets = tf.cast(tf.randomUniformInt([B, H], 1, I), 'int32') as tf.Tensor2D;
  const lengths = { frames: tf.fill([B], T, 'int32') as tf.Tensor1D, targetLengths: tf.fill([B], H, 'int32') as tf.Tensor1D };
  const gradient = tf.grad((x) => tf.sum(ctcLoss({ logits: x as tf.Tensor3D, targets, ...lengths }, { blank: 0 }).losses));
  return () => tf.tidy(() => void gradient(logits).dataSync());
}
