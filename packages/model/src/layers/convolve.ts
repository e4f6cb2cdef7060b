import * as tf from '@tensorflow/tfjs-core';
import { runConv1d } from '@unroll/ops/conv1d-op.ts';
import { hasOp, withZeroGradients } from '@unroll/ops/differentiable.ts';
import type { Activations } from './layer.ts';
import { stepsBefore, stepsBeforeEach, tapsFloats, tapsOf, type Windows, windowCount } from './windows.ts';

/** Tensors and options of a convolution. */
export interface Convolution {
  /** [kernelSize·C/groups, filters]. */
  kernel: tf.Tensor;
  bias: tf.Tensor | undefined;
  windows: Windows;
  groups: number;
  filters: number;
}

/** x * kernel + bias, [B, T, C] → [B, windows, filters]. Padded steps are read as zeros. */
export function convolve(convolution: Convolution, activations: Activations): tf.Tensor {
  const { kernel, bias, windows, groups, filters } = convolution;
  const { values, mask } = activations;
  const [B, T] = values.shape as [number, number];
  const steps = windowCount(windows, T);
  if (values.size === 0 || steps === 0) return withZeroGradients(tf.zeros([B, steps, filters]), [values, kernel, ...(bias ? [bias] : [])]);
  if (!hasOp('UnrollConv1d')) {
    const y = groups === values.shape[2] ? byChannels(convolution, activations) : byProducts(convolution, activations);
    return bias ? tf.add(y, bias) : y;
  }
  const befores = stepsBeforeEach(windows, [B, T], mask);
  const before = stepsBefore(windows, T);
  const own = befores.some((each) => each !== before) ? tf.tensor1d(befores, 'int32') : undefined;
  const { size: kernelSize, strides, dilationRate } = windows;
  const attrs = { kernelSize, filters, strides, dilationRate, groups, before, steps };
  return runConv1d({ x: values, kernel, ...(bias && { bias }) }, { mask, befores: own }, attrs);
}

/** Without the op: the steps of each window side by side, times the kernel. */
function byProducts({ kernel, windows, groups, filters }: Convolution, { values, mask }: Activations): tf.Tensor {
  const taps = tapsOf(values as tf.Tensor3D, mask, windows);
  const [B, count, C] = (taps[0] as tf.Tensor3D).shape;
  const products = Array.from({ length: groups }, (_, group) => {
    const own = groups === 1 ? taps : taps.map((tap) => tf.slice(tap, [0, 0, (group * C) / groups], [B, count, C / groups]));
    const matrix = groups === 1 ? kernel : tf.slice(kernel, [0, (group * filters) / groups], [-1, filters / groups]);
    return tf.matMul(tf.reshape(tf.concat(own, 2), [B * count, -1]), matrix as tf.Tensor2D);
  });
  return tf.reshape(groups === 1 ? (products[0] as tf.Tensor) : tf.concat(products, 1), [B, count, filters]);
}

/** Without the op and with one channel a group: each step of the windows times a row of the kernel. */
function byChannels({ kernel, windows, groups: C, filters }: Convolution, { values, mask }: Activations): tf.Tensor {
  const products = tapsOf(values as tf.Tensor3D, mask, windows).map((tap, k) => {
    const [B, count] = tap.shape;
    const weights = tf.reshape(tf.slice(kernel, [k, 0], [1, filters]), [1, C, filters / C]);
    return tf.reshape(tf.mul(tf.reshape(tap, [B * count, C, 1]), weights), [B, count, filters]);
  });
  return products.reduce((sum, product) => tf.add(sum, product));
}

/** Floats of a row's tensors besides the output, where the current backend does not have the op. */
export function plainFloats(
  { windows, groups, filters }: Pick<Convolution, 'windows' | 'groups' | 'filters'>,
  steps: number,
  C: number,
): number {
  if (hasOp('UnrollConv1d')) return 0;
  const count = windowCount(windows, steps);
  const own = groups === C ? windows.size * (count * (C + 3 * filters) + 2 * filters) : windows.size * C * (3 * count + filters);
  return tapsFloats(windows, steps, C) + own + 4 * count * filters;
}
