import type * as tf from '@tensorflow/tfjs-core';
import { positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { activationOf, activationSpec, activationTensors } from '../cells/activations.ts';
import { initializerName, initializers } from '../weights/initializers.ts';
import { weightOptions, weightRules } from '../weights/weight-options.ts';
import { costPerStep, expectShape, type Layer, layerOptions, type Shape } from './layer.ts';
import { project } from './projection.ts';

export const denseSpec = v.strictObject({
  type: v.literal('dense'),
  ...layerOptions,
  units: positiveInt,
  activation: v.optional(activationSpec, 'linear'),
  useBias: v.optional(v.boolean(), true),
  kernelInitializer: v.optional(initializerName, 'glorotUniform'),
  biasInitializer: v.optional(initializerName, 'zeros'),
  ...weightOptions('kernel'),
  ...weightOptions('bias'),
});

/**
 * A fully connected layer, [B, D] → [B, units], or the same at every step of a sequence, [B, T, D] → [B, T, units]:
 *
 *     y = activation(x·W + b)           W [D, units], b [units]
 *
 * As keras.layers.Dense.
 */
export function dense(spec: v.InferOutput<typeof denseSpec>, input: Shape): Layer {
  const shape = expectShape(input, ['vector', 'sequence']);
  const { features } = shape;
  const { units, activation, useBias, kernelInitializer, biasInitializer } = spec;
  return {
    output: { ...shape, features: units },
    weights: [
      {
        name: 'kernel',
        shape: [features, units],
        initializer: initializers[kernelInitializer],
        trainable: true,
        int8: { gates: 1 },
        ...weightRules('kernel', [features, units], spec.kernelRegularizer, spec.kernelConstraint),
      },
      ...(useBias
        ? [
            {
              name: 'bias',
              shape: [units],
              initializer: initializers[biasInitializer],
              trainable: true,
              ...weightRules('bias', [units], spec.biasRegularizer, spec.biasConstraint),
            },
          ]
        : []),
    ],
    causal: true,
    resumes: true,
    cost: costPerStep({ multiplyAdds: features * units, floats: (3 + activationTensors(activation)) * units }),
    apply({ kernel, bias }, { values, mask }) {
      return { values: activationOf(activation)(project(values, kernel as tf.Tensor, bias, units)), mask };
    },
  };
}
