/** The helpers of tfjs for slices that a Worker's kernels call, without those for strides and masks. */
export { computeFlatOffset, isSliceContinous, parseSliceParams } from '@tensorflow/tfjs-core/dist/ops/slice_util.js';
