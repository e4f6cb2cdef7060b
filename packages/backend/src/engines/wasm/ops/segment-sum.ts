import type * as tf from '@tensorflow/tfjs-core';
import { type Heap, registerOp } from './heap.ts';

/** Adds UnsortedSegmentSum, the gradient of gather, which tfjs's WASM backend does not have. */
export function registerSegmentSum(heap: Heap): void {
  registerOp(heap, 'UnsortedSegmentSum', ({ inputs, attrs }) => {
    const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
    const { numSegments } = attrs as unknown as tf.UnsortedSegmentSumAttrs;
    if (x.dtype !== 'float32') throw new Error(`unsortedSegmentSum: expected float32 values, got ${x.dtype}`);
    const [rows = 0, ...rest] = x.shape;
    if (segmentIds.dtype !== 'int32' || segmentIds.shape.length !== 1 || segmentIds.shape[0] !== rows) {
      throw new Error(
        `unsortedSegmentSum: expected ${rows} int32 segment ids, one for each row of [${x.shape}], ` +
          `got ${segmentIds.dtype} [${segmentIds.shape}]`,
      );
    }
    const out = heap.makeOutput([numSegments, ...rest]);
    const rowSize = rest.reduce((size, axis) => size * axis, 1);
    heap.kernels.segmentSum(rows, rowSize, numSegments, heap.address(x), heap.address(segmentIds), heap.address(out));
    return out;
  });
}
