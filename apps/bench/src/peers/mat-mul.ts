import * as tf from '@tensorflow/tfjs-core';
import type { Case } from '../cases.ts';
import type { Work } from '../serve.ts';

/** [B,I]·[I,H] through tfjs on the current backend. */
export function matMulWork({ B, I, H }: Case): Work {
  const [a, b] = [tf.randomNormal([B, I]), tf.randomNormal([I, H])];
  return () => tf.matMul(a, b).dispose();
}
