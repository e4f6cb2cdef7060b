import * as z from 'zod';
import { activationName, activations } from '../activations.ts';
import { expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

export const activationSpec = z.strictObject({ type: z.literal('activation'), ...layerOptions, activation: activationName });

/** An activation as a layer of its own. As keras.layers.Activation. */
export function activation(spec: z.infer<typeof activationSpec>, input: Shape): Layer {
  return {
    output: expectShape(input, ['vector', 'sequence']),
    weights: [],
    causal: true,
    apply: (_, { values, mask }) => ({ values: activations[spec.activation](values), mask }),
  };
}
