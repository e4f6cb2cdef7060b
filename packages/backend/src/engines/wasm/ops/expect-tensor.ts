import type * as tf from '@tensorflow/tfjs-core';

/** @throws if an op's input has another type or shape, or none was given. */
export function expectTensor(op: string, name: string, tensor: tf.TensorInfo | undefined, dtype: tf.DataType, shape: number[]): void {
  if (tensor?.dtype === dtype && tensor.shape.join() === shape.join()) return;
  throw new Error(`${op}: expected ${name} to be ${dtype} [${shape}], got ${tensor ? `${tensor.dtype} [${tensor.shape}]` : 'none'}`);
}
