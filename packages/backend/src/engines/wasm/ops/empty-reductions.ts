import * as tf from '@tensorflow/tfjs-core';
import { type Heap, registerOp } from './heap.ts';

type Attrs = { axis?: number | number[]; reductionIndices?: number | number[]; keepDims: boolean };

/** What a reduction of no numbers is, as TensorFlow has it. */
const identities = {
  Sum: 0,
  Prod: 1,
  Mean: Number.NaN,
  Max: Number.NEGATIVE_INFINITY,
  Min: Number.POSITIVE_INFINITY,
  Any: 0,
  All: 1,
} as const;

/** Replaces the reductions of tensors without elements, for which tfjs's kernels return uninitialized memory. */
export function registerEmptyReductions(heap: Heap): void {
  for (const [name, identity] of Object.entries(identities)) {
    const stock = tf.getKernel(name, 'wasm')?.kernelFunc;
    if (!stock) continue;
    registerOp(heap, name, (call) => {
      const { x } = call.inputs as { x: tf.TensorInfo };
      if (tf.util.sizeFromShape(x.shape) > 0) return stock(call);
      const { axis, reductionIndices, keepDims } = call.attrs as unknown as Attrs;
      const axes = tf.util.parseAxisParam((axis ?? reductionIndices) as number, x.shape);
      const shape = keepDims ? x.shape.map((size, i) => (axes.includes(i) ? 1 : size)) : x.shape.filter((_, i) => !axes.includes(i));
      const dtype = name === 'Mean' ? 'float32' : x.dtype;
      const values = tf.util.makeZerosTypedArray(tf.util.sizeFromShape(shape), dtype as 'float32').fill(within(identity, dtype));
      return heap.makeOutput(shape, dtype, values);
    });
  }
}

/** Integers have no infinity: their largest or smallest stands for it. */
function within(identity: number, dtype: tf.DataType): number {
  return dtype === 'int32' ? Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), identity)) : identity;
}
