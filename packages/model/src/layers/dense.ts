import * as tf from '@tensorflow/tfjs-core';
import { positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { activationOf, activationSpec, activationTensors } from '../cells/activations.ts';
import { initializerName, initializers } from '../weights/initializers.ts';
import { isInt8, matMulInt8 } from '../weights/int8-tensors.ts';
import { weightOptions, weightRules } from '../weights/weight-options.ts';
import { costPerStep, expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

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
      const leading = values.shape.slice(0, -1);
      const rows = tf.reshape(values, [tf.util.sizeFromShape(leading), features]) as tf.Tensor2D;
      const affine = affineRows(rows, kernel as tf.Tensor2D, bias, units);
      return { values: tf.reshape(activationOf(activation)(affine), [...leading, units]), mask };
    },
  };
}

/** x·W + b, W in float32 or int8: [N, D] → [N, units]. */
function affineRows(x: tf.Tensor2D, kernel: tf.Tensor, bias: tf.Tensor | undefined, units: number): tf.Tensor {
  if (isInt8(kernel)) return matMulInt8(x, kernel, bias, units);
  const product = tf.matMul(x, kernel as tf.Tensor2D);
  return bias ? tf.add(product, bias) : product;
}
