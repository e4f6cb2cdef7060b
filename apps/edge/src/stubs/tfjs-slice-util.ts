/** Of tfjs's helpers for slices those that the kernels of a Worker call: not those of strides and masks. */
export { computeFlatOffset, isSliceContinous, parseSliceParams } from '@tensorflow/tfjs-core/dist/ops/slice_util.js';
