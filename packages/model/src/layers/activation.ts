import * as v from 'valibot';
import { activationOf, activationTensors, activationSpec as anyActivation } from '../cells/activations.ts';
import { costPerStep, expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

export const activationSpec = v.strictObject({ type: v.literal('activation'), ...layerOptions, activation: anyActivation });

/** An activation as a layer: [..., features] → the same shape. As keras.layers.Activation. */
export function activation(spec: v.InferOutput<typeof activationSpec>, input: Shape): Layer {
  const output = expectShape(input, ['vector', 'sequence']);
  const apply = activationOf(spec.activation);
  return {
    output,
    weights: [],
    causal: true,
    resumes: true,
    cost: costPerStep({ floats: (1 + activationTensors(spec.activation)) * output.features }),
    apply: (_, { values, mask }) => ({ values: apply(values), mask }),
  };
}
