import * as v from 'valibot';
import { activationName, activations } from '../cells/activations.ts';
import { costPerStep, expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

export const activationSpec = v.strictObject({ type: v.literal('activation'), ...layerOptions, activation: activationName });

/** An activation as a layer: [..., features] → the same shape. As keras.layers.Activation. */
export function activation(spec: v.InferOutput<typeof activationSpec>, input: Shape): Layer {
  const output = expectShape(input, ['vector', 'sequence']);
  return {
    output,
    weights: [],
    causal: true,
    resumes: true,
    cost: costPerStep({ floats: 2 * output.features }),
    apply: (_, { values, mask }) => ({ values: activations[spec.activation](values), mask }),
  };
}
