import * as tf from '@tensorflow/tfjs-core';
import { crfLoss } from '@unroll/ops/crf-op.ts';
import type { Case } from '../cases.ts';
import type { Work } from '../serve.ts';

/** The sum of B negative log-likelihoods of T steps over I labels, and its gradients by emissions and parameters. */
export function crfWork({ B, T, I }: Case): Work {
  const emissions = tf.randomNormal([B, T, I]);
  const parameters = [tf.randomUniform([I, I], -0.1, 0.1), tf.randomUniform([I], -0.1, 0.1), tf.randomUniform([I], -0.1, 0.1)];
  const labels = tf.cast(tf.randomUniformInt([B, T], 0, I), 'int32') as tf.Tensor2D;
  const gradients = tf.grads((...given: tf.Tensor[]) => {
    const [x, transitions, start, end] = given as [tf.Tensor3D, tf.Tensor2D, tf.Tensor1D, tf.Tensor1D];
    return tf.sum(crfLoss({ emissions: x, labels }, { transitions, start, end }).losses);
  });
  return () =>
    tf.tidy(
      () =>
        void gradients([emissions, ...parameters])
          .at(0)
          ?.dataSync(),
    );
}
