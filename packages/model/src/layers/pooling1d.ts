import * as tf from '@tensorflow/tfjs-core';
import { withZeroGradients } from '@unroll/ops/differentiable.ts';
import { positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { type Activations, expectShape, type Layer, layerOptions, type Shape } from './layer.ts';
import { LOWEST } from './pooling.ts';
import { readMask, stepsBeforeEach, tapsFloats, tapsOf, type Windows, windowCount, windowedShape, windowsMask } from './windows.ts';

const windowOptions = {
  ...layerOptions,
  /** poolSize if left out. */
  strides: v.exactOptional(positiveInt),
  padding: v.optional(v.picklist(['valid', 'same']), 'valid'),
};

export const pooling1dSpec = v.variant('type', [
  v.strictObject({ type: v.literal('maxPooling1d'), poolSize: v.optional(positiveInt, 2), ...windowOptions }),
  v.strictObject({ type: v.literal('averagePooling1d'), poolSize: positiveInt, ...windowOptions }),
]);

/**
 * The largest value or the mean of each window, [B, T, C] → [B, windows, C], over the real steps in it; zeros for a window without one.
 * As keras.layers.MaxPooling1D and AveragePooling1D, which leave out padding but not padded steps.
 */
export function pooling1d({ type, poolSize, strides, padding }: v.InferOutput<typeof pooling1dSpec>, input: Shape): Layer {
  const shape = expectShape(input, ['sequence']);
  const windows: Windows = { size: poolSize, strides: strides ?? poolSize, dilationRate: 1, padding };
  const C = shape.features;
  return {
    output: windowedShape(shape, C, windows),
    weights: [],
    causal: false,
    resumes: false,
    outputSteps: (steps) => windowCount(windows, steps),
    cost(steps) {
      const count = windowCount(windows, steps);
      return { multiplyAdds: 0, floats: tapsFloats(windows, steps, C) + (poolSize + 1) * count * C + 2 * count };
    },
    apply(_, activations) {
      const { values, mask } = activations;
      const [B, T] = values.shape as [number, number];
      const count = windowCount(windows, T);
      const next = mask && windowsMask(mask, windows);
      if (values.size === 0 || count === 0) return { values: withZeroGradients(tf.zeros([B, count, C]), [values]), mask: next };
      const pooled = (type === 'maxPooling1d' ? largest : mean)(activations, windows);
      return { values: pooled, mask: next };
    },
  };
}

function largest(activations: Activations, windows: Windows): tf.Tensor {
  const { values, mask } = activations;
  const taps: tf.Tensor[] = tapsOf(values as tf.Tensor3D, mask, windows, LOWEST);
  const most = taps.reduce((all, tap) => tf.maximum(all, tap));
  // Only padded steps leave a window without a real one.
  return mask ? tf.mul(most, perWindow(activations, windows, Math.sign)) : most;
}

function mean(activations: Activations, windows: Windows): tf.Tensor {
  const { values, mask } = activations;
  const taps: tf.Tensor[] = tapsOf(values as tf.Tensor3D, mask, windows);
  const sum = taps.reduce((all, tap) => tf.add(all, tap));
  const share = (realSteps: number) => 1 / Math.max(1, realSteps);
  return tf.mul(sum, perWindow(activations, windows, share));
}

/** A number for each window by the real steps in it: [B, windows, 1], or [1, windows, 1] if all sequences have the same. */
function perWindow({ values, mask }: Activations, windows: Windows, of: (realSteps: number) => number): tf.Tensor {
  const [B, T] = values.shape as [number, number];
  const real = mask && readMask(mask).real;
  const count = windowCount(windows, T);
  const befores = stepsBeforeEach(windows, [mask ? B : 1, T], mask);
  const factors = befores.flatMap((before, b) =>
    Array.from({ length: count }, (_, window) => {
      const first = window * windows.strides - before;
      let realSteps = 0;
      for (let t = Math.max(0, first); t < Math.min(T, first + windows.size); t++) if (!real || real[b * T + t] === 1) realSteps++;
      return of(realSteps);
    }),
  );
  return tf.tensor3d(factors, [befores.length, count, 1]);
}
