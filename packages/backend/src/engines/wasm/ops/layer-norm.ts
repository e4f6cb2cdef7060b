import type * as tf from '@tensorflow/tfjs-core';
import { type Heap, registerOp, withWorkspace } from './heap.ts';

type Inputs = Record<string, tf.TensorInfo | undefined>;

/**
 * Adds two ops, which throw if a shape or type is wrong:
 *
 * UnrollLayerNorm      x float32 [n,D], gamma and beta [D] or none, attribute epsilon, to y and normalized [n,D] and inverse [n]
 * UnrollLayerNormGrad  gamma [D] or none, normalized, inverse and dy [n,D] to dx [n,D], dGamma and dBeta [D]
 */
export function registerLayerNorm(heap: Heap): void {
  const at = (tensor: tf.TensorInfo | undefined) => (tensor ? heap.address(tensor) : 0);
  registerOp(heap, 'UnrollLayerNorm', ({ inputs, attrs }) => {
    const { x, gamma, beta } = inputs as Inputs;
    const [n = 0, D = 0] = x?.shape ?? [];
    checkInputs(inputs as Inputs, { x: [n, D], gamma: [D], beta: [D] });
    const [y, normalized, inverse] = [[n, D], [n, D], [n]].map((shape) => heap.makeOutput(shape)) as [
      tf.TensorInfo,
      tf.TensorInfo,
      tf.TensorInfo,
    ];
    const { epsilon } = attrs as unknown as { epsilon: number };
    heap.kernels.layerNormForward({
      n,
      D,
      x: at(x),
      gamma: at(gamma),
      beta: at(beta),
      epsilon,
      y: at(y),
      normalized: at(normalized),
      inverse: at(inverse),
    });
    return [y, normalized, inverse];
  });
  registerOp(heap, 'UnrollLayerNormGrad', ({ inputs }) => {
    const { gamma, normalized, inverse, dy } = inputs as Inputs;
    const [n = 0, D = 0] = normalized?.shape ?? [];
    checkInputs(inputs as Inputs, { normalized: [n, D], inverse: [n], dy: [n, D], gamma: [D] });
    const [dx, dGamma, dBeta] = [[n, D], [D], [D]].map((shape) => heap.makeOutput(shape)) as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
    withWorkspace(heap, D * 4, (scratch) => {
      heap.kernels.layerNormBackward({
        n,
        D,
        gamma: at(gamma),
        normalized: at(normalized),
        inverse: at(inverse),
        dy: at(dy),
        dx: at(dx),
        dGamma: at(dGamma),
        dBeta: at(dBeta),
        scratch,
      });
    });
    return [dx, dGamma, dBeta];
  });
}

function checkInputs(inputs: Inputs, shapes: Record<string, number[]>): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = inputs[name];
    const isOptional = name === 'gamma' || name === 'beta';
    if (!tensor && isOptional) continue;
    if (tensor?.dtype !== 'float32' || tensor.shape.join() !== shape.join()) {
      throw new Error(`layerNorm: expected ${name} to be float32 [${shape}], got ${tensor ? `${tensor.dtype} [${tensor.shape}]` : 'none'}`);
    }
  }
}
