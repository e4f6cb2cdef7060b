/**
 * Weights that stay int8 in memory. tfjs has no int8, so an int32 tensor holds their bytes: a matrix packed for the backend's
 * integer kernels, or the rows of a table followed by their scales. Float weights are never int32 tensors.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Int8Weight } from '@unroll/artifact/quantize.ts';
import { hasOp } from '@unroll/ops/differentiable.ts';
import type { WeightSpec } from './weight.ts';

/** Bits of quantized activations: 14, or 7 for speed. */
export type ActivationBits = 14 | 7;

export function isInt8(weight: tf.Tensor): boolean {
  return weight.dtype === 'int32';
}

/** The weight as a tensor for int8 arithmetic. Undefined if the layer or the backend does not support it. */
export function int8Tensor(weight: Int8Weight, { int8 }: Pick<WeightSpec, 'int8'>, bits: ActivationBits): tf.Tensor | undefined {
  if (!int8 || !hasOp('UnrollPackInt8')) return undefined;
  const { shape, values, scales, channel } = weight;
  if (int8 === 'rows') {
    if (channel !== 'row') return undefined;
    return bytesTensor(values, scales);
  }
  if (channel !== 'column') return undefined;
  const [K, columns] = shape;
  const attrs = { K, gates: int8.gates, units: columns / int8.gates, bits };
  return tf.tidy(
    () => tf.engine().runKernel('UnrollPackInt8', { values: bytesTensor(values), scales: tf.tensor1d(scales) }, attrs) as tf.Tensor,
  );
}

/** x [M,K] · W + b, W from `int8Tensor`: [M,units]. */
export function matMulInt8(x: tf.Tensor2D, kernel: tf.Tensor, bias: tf.Tensor | undefined, units: number): tf.Tensor2D {
  return tf.engine().runKernel('UnrollMatMulInt8', { a: x, b: kernel, ...(bias && { bias }) }, { units });
}

/** Rows of a table from `int8Tensor` by int32 ids [...]: [..., columns]. */
export function gatherInt8(table: tf.Tensor, indices: tf.Tensor, rows: number, columns: number): tf.Tensor {
  return tf.engine().runKernel('UnrollGatherInt8', { table, indices }, { rows, columns });
}

/** The bytes of arrays as int32; zeros pad each array to a whole number of them. */
function bytesTensor(...arrays: (Int8Array | Float32Array)[]): tf.Tensor1D {
  const lengths = arrays.map(({ byteLength }) => Math.ceil(byteLength / 4));
  const words = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const [i, array] of arrays.entries()) {
    new Uint8Array(words.buffer, at * 4).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    at += lengths[i] as number;
  }
  return tf.tensor1d(words, 'int32');
}
