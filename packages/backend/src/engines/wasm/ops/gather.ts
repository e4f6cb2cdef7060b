import * as tf from '@tensorflow/tfjs-core';
import { type Heap, registerOp } from './heap.ts';

type Attrs = { axis: number; batchDims: number };

/** Replaces GatherV2 for rows of float32, as in an embedding. All else falls back to tfjs's kernel. */
export function registerGather(heap: Heap): void {
  const stock = tf.getKernel('GatherV2', 'wasm')?.kernelFunc;
  registerOp(heap, 'GatherV2', (call) => {
    const { x, indices } = call.inputs as { x: tf.TensorInfo; indices: tf.TensorInfo };
    const { axis, batchDims } = call.attrs as unknown as Attrs;
    const isRows = axis === 0 && batchDims === 0 && x.dtype === 'float32' && indices.dtype === 'int32' && x.shape.length > 1;
    if (!isRows) {
      if (!stock) throw new Error(`gather: only rows of float32 by int32, got axis ${axis} of ${x.dtype} by ${indices.dtype}`);
      return stock(call);
    }
    const [rows = 0, ...rest] = x.shape;
    const out = heap.makeOutput([...indices.shape, ...rest]);
    const count = tf.util.sizeFromShape(indices.shape);
    const wrong = heap.kernels.gather(count, tf.util.sizeFromShape(rest), rows, heap.address(x), heap.address(indices), heap.address(out));
    if (wrong >= 0) {
      const id = (call.backend as tf.KernelBackend).readSync(indices.dataId)[wrong];
      throw new Error(`gather: index ${id} (number ${wrong} of ${count}) is outside the ${rows} rows of [${x.shape}]`);
    }
    return out;
  });
}
