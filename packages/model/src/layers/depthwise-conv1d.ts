import * as tf from '@tensorflow/tfjs-core';
import { positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { activationOf, activationSpec, activationTensors } from '../cells/activations.ts';
import { initializerName, initializers } from '../weights/initializers.ts';
import { weightOptions, weightRules } from '../weights/weight-options.ts';
import { convolve, plainFloats } from './convolve.ts';
import { expectShape, type Layer, layerOptions, type Shape } from './layer.ts';
import { type Windows, windowCount, windowedShape, windowsMask } from './windows.ts';

export const depthwiseConv1dSpec = v.strictObject({
  type: v.literal('depthwiseConv1d'),
  ...layerOptions,
  kernelSize: positiveInt,
  strides: v.optional(positiveInt, 1),
  padding: v.optional(v.picklist(['valid', 'same']), 'valid'),
  /** Outputs of each channel. */
  depthMultiplier: v.optional(positiveInt, 1),
  dilationRate: v.optional(positiveInt, 1),
  activation: v.optional(activationSpec, 'linear'),
  useBias: v.optional(v.boolean(), true),
  depthwiseInitializer: v.optional(initializerName, 'glorotUniform'),
  biasInitializer: v.optional(initializerName, 'zeros'),
  ...weightOptions('depthwise'),
  ...weightOptions('bias'),
});

/**
 * A convolution of each channel by itself, [B, T, C] → [B, windows, C·depthMultiplier]. Output c·depthMultiplier + m of a step is
 *
 *     activation(b + Σ_k x_{t·strides + k·dilationRate - before, c}·W_{k, c, m})      W [kernelSize, C, depthMultiplier]
 *
 * As keras.layers.DepthwiseConv1D. Padded steps are read as zeros.
 */
export function depthwiseConv1d(spec: v.InferOutput<typeof depthwiseConv1dSpec>, input: Shape): Layer {
  const shape = expectShape(input, ['sequence']);
  const { kernelSize, strides, padding, depthMultiplier, dilationRate, activation, useBias } = spec;
  const C = shape.features;
  if (strides > 1 && dilationRate > 1)
    throw new Error(`strides ${strides} and dilationRate ${dilationRate} exclude each other; leave one at 1`);
  const windows: Windows = { size: kernelSize, strides, dilationRate, padding };
  const features = C * depthMultiplier;
  const kernelShape = [kernelSize, C, depthMultiplier];
  return {
    output: windowedShape(shape, features, windows),
    weights: [
      {
        name: 'depthwiseKernel',
        shape: kernelShape,
        initializer: initializers[spec.depthwiseInitializer],
        trainable: true,
        ...weightRules('depthwise', kernelShape, spec.depthwiseRegularizer, spec.depthwiseConstraint),
      },
      ...(useBias
        ? [
            {
              name: 'bias',
              shape: [features],
              initializer: initializers[spec.biasInitializer],
              trainable: true,
              ...weightRules('bias', [features], spec.biasRegularizer, spec.biasConstraint),
            },
          ]
        : []),
    ],
    causal: false,
    resumes: false,
    outputSteps: (steps) => windowCount(windows, steps),
    cost(steps) {
      const count = windowCount(windows, steps);
      const floats = (1 + activationTensors(activation)) * count * features + kernelSize * features + count;
      return {
        multiplyAdds: count * kernelSize * features,
        floats: floats + plainFloats({ windows, groups: C, filters: features }, steps, C),
      };
    },
    apply({ depthwiseKernel, bias }, activations) {
      const kernel = tf.reshape(depthwiseKernel as tf.Tensor, [kernelSize, features]);
      const values = convolve({ kernel, bias, windows, groups: C, filters: features }, activations);
      return { values: activationOf(activation)(values), mask: activations.mask && windowsMask(activations.mask, windows) };
    },
  };
}
