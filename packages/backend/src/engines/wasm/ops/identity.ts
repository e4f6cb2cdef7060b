import type * as tf from '@tensorflow/tfjs-core';
import { replaceKernel } from './heap.ts';

/**
 * Replaces tfjs's Identity, which copies. A clone shares its tensor's memory, as in tfjs's other backends: training clones every
 * tensor that a gradient reads.
 */
export function registerIdentity(): void {
  replaceKernel('Identity', ({ inputs, backend }) => {
    const { x } = inputs as { x: tf.TensorInfo };
    (backend as tf.KernelBackend).incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  });
}
