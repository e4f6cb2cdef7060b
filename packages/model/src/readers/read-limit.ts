import type { ModelSpec } from '../spec.ts';
import { inputSent } from './input-sent.ts';

/** The most steps of an input that a model reads, and the setting that limits them. */
export function readLimit(spec: ModelSpec): { steps: number; setting: string } {
  const [name, { maxLength }] = inputSent(spec);
  const [first] = spec.layers;
  if (first?.type === 'padSequences' && first.maxlen < maxLength)
    return { steps: first.maxlen, setting: "maxlen of the layer 'padSequences'" };
  return { steps: maxLength, setting: spec.inputs ? `inputs.${name}.maxLength` : 'input.maxLength' };
}
