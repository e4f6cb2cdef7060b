/** How an op of ours is called with its gradient. Knows tfjs-core and no backend, so that model and backend can share it. */
import * as tf from '@tensorflow/tfjs-core';

/** Whether the current backend has an op. */
export const hasOp = (name: string): boolean => tf.getKernel(name, tf.getBackend()) !== undefined;

export interface Forward {
  value: tf.Tensor;
  /** What `backward` reads: every other tensor of the forward pass is disposed before it runs. */
  saved: tf.NamedTensorMap;
}

/**
 * Runs `forward`, and `backward` as its gradient.
 * @param inputs the tensors to differentiate by.
 * @param backward dL/dvalue and the saved tensors → the gradient by each input, under the input's name.
 */
export function differentiable<I extends tf.NamedTensorMap>(
  inputs: I,
  forward: (inputs: I) => Forward,
  backward: (dValue: tf.Tensor, saved: tf.NamedTensorMap) => tf.NamedTensorMap,
): tf.Tensor {
  const names = Object.keys(inputs);
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    const given = Object.fromEntries(names.map((name, i) => [name, args[i] as tf.Tensor])) as I;
    const { value, saved } = forward(given);
    const savedNames = Object.keys(saved);
    save(Object.values(saved));
    const gradFunc = (dValue: tf.Tensor, tensors: tf.Tensor[]) => {
      const gradients = backward(dValue, Object.fromEntries(savedNames.map((name, i) => [name, tensors[i] as tf.Tensor])));
      return names.map((name) => gradients[name] as tf.Tensor);
    };
    return { value, gradFunc };
  });
  return run(...Object.values(inputs));
}

/** `f(value)` as a constant to the gradient. tfjs cannot differentiate comparisons, not even the condition of `where`. */
export function asConstant(value: tf.Tensor, f: (value: tf.Tensor) => tf.Tensor): tf.Tensor {
  return differentiable(
    { value },
    (given) => ({ value: f(given.value), saved: {} }),
    () => ({ value: tf.zeros(value.shape) }),
  );
}

/** A copy of `value` that is connected to `inputs` with zero gradients. tfjs throws at the gradient of an unconnected tensor. */
export function withZeroGradients(value: tf.Tensor, inputs: readonly tf.Tensor[]): tf.Tensor {
  const named = Object.fromEntries(inputs.map((input, i) => [`${i}`, input]));
  const zeros = () => Object.entries(named).map(([name, { shape }]) => [name, tf.zeros(shape)] as const);
  return differentiable(
    { value, ...named },
    (given) => ({ value: tf.clone(given.value as tf.Tensor), saved: {} }),
    (dValue) => ({ value: dValue, ...Object.fromEntries(zeros()) }),
  );
}
