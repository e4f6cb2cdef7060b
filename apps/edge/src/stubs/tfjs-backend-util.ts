/** The helpers of tfjs that a Worker's kernels call, without those for convolutions, einsum, sparse and ragged tensors, and strings. */
import * as segment_util from '@tensorflow/tfjs-core/dist/ops/segment_util.js';

export * from '@tensorflow/tfjs-core/dist/ops/axis_util.js';
export * from '@tensorflow/tfjs-core/dist/ops/broadcast_util.js';
export * from '@tensorflow/tfjs-core/dist/ops/concat_util.js';
export * from '@tensorflow/tfjs-core/dist/ops/split_util.js';
export { segment_util };
