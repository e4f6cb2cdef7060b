import * as tf from '@tensorflow/tfjs-core';
import { type Heap, registerOp } from './heap.ts';

type Attrs = { axis: number | number[] | null; keepDims: boolean };

/** Replaces Sum over the leading axes of float32, as in the gradient of a bias. All else falls back to tfjs's kernel. */
export function registerSum(heap: Heap): void {
  const stock = tf.getKernel('Sum', 'wasm')?.kernelFunc;
  registerOp(heap, 'Sum', (call) => {
    const { x } = call.inputs as { x: tf.TensorInfo };
    const { axis, keepDims } = call.attrs as unknown as Attrs;
    const axes = tf.util.parseAxisParam(axis as number[], x.shape).sort((a, b) => a - b);
    const kept = x.shape.slice(axes.length);
    const isLeading = axes.every((each, i) => each === i) && axes.length > 0 && kept.length > 0;
    if (!isLeading || x.dtype !== 'float32') {
      if (!stock) throw new Error(`sum: only over leading axes of float32, got axes [${axes}] of ${x.dtype} [${x.shape}]`);
      return stock(call);
    }
    const rows = tf.util.sizeFromShape(x.shape.slice(0, axes.length));
    const out = heap.makeOutput([...axes.map(() => 1), ...kept].slice(keepDims ? 0 : axes.length));
    const columns = tf.util.sizeFromShape(kept);
    if (columns > 0) heap.kernels.columnSums(rows, columns, heap.address(x), heap.address(out));
    return out;
  });
}
