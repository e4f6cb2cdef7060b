import * as v from 'valibot';
import { activationName, activations } from '../cells/activations.ts';
import { expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

export const activationSpec = v.strictObject({ type: v.literal('activation'), ...layerOptions, activation: activationName });

/** An activation as a layer of its own. As keras.layers.Activation. */
export function activation(spec: v.InferOutput<typeof activationSpec>, input: Shape): Layer {
  return {
    output: expectShape(input, ['vector', 'sequence']),
    weights: [],
    causal: true,
    apply: (_, { values, mask }) => ({ values: activations[spec.activation](values), mask }),
  };
}
