/** The op that convolves whole sequences, and its gradient. */
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.ts';

/** The op's options. */
export interface Conv1dAttrs extends tf.NamedAttrMap {
  kernelSize: number;
  filters: number;
  strides: number;
  /** 1 unless strides is 1. */
  dilationRate: number;
  /** Divides the channels of x and the filters. */
  groups: number;
  /** Steps of zeros before the first. */
  before: number;
  /** Steps of the output. Steps that windows read beyond the last are zeros. */
  steps: number;
}

/** Tensors that the op is differentiable by. */
export interface Conv1dInputs {
  /** [B, T, C]. */
  x: tf.Tensor;
  /** [kernelSize·C/groups, filters], the channels of a tap together; without a gradient also int8, packed by UnrollPackInt8 with a gate for each group. */
  kernel: tf.Tensor;
  /** [filters]. */
  bias?: tf.Tensor;
}

/** Constants to the gradient: mask bool [B, T], whose padded steps are read as zeros; befores int32 [B], each sequence's own `before`. */
export interface Conv1dConstants {
  mask?: tf.Tensor | undefined;
  befores?: tf.Tensor | undefined;
}

/** UnrollConv1d with UnrollConv1dGrad as its gradient: x * kernel + bias, [B, steps, filters]. */
export function runConv1d(inputs: Conv1dInputs, { mask, befores }: Conv1dConstants, attrs: Conv1dAttrs): tf.Tensor {
  const constants: tf.NamedTensorMap = { ...(mask && { mask }), ...(befores && { befores }) };
  return differentiable(
    { ...inputs } as tf.NamedTensorMap,
    (given) => {
      const { x, kernel } = given as unknown as Conv1dInputs;
      return { value: tf.engine().runKernel('UnrollConv1d', { ...given, ...constants }, attrs), saved: { x, kernel, ...constants } };
    },
    (dy, saved) => {
      const gradients = tf.engine().runKernel('UnrollConv1dGrad', { ...saved, dy }, attrs);
      const [x, kernel, bias] = gradients as unknown as [tf.Tensor, tf.Tensor, tf.Tensor];
      return { x, kernel, bias };
    },
  );
}
