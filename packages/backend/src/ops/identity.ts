import type * as tf from '@tensorflow/tfjs-core';
import { replaceKernel } from './heap.ts';

/**
 * Replaces tfjs's Identity, which copies: a clone shares its tensor's memory, as on tfjs's other backends. Training clones
 * whatever a gradient will read.
 */
export function registerIdentity(): void {
  replaceKernel('Identity', ({ inputs, backend }) => {
    const { x } = inputs as { x: tf.TensorInfo };
    (backend as tf.KernelBackend).incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  });
}
