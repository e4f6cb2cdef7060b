import { type ModelSpec, onlyInputOf } from '../spec.ts';

/** The most steps of an input that a model reads, and the setting that limits them. */
export function readLimit(spec: Pick<ModelSpec, 'input' | 'inputs' | 'layers'>): { steps: number; setting: string } {
  const { maxLength } = onlyInputOf(spec);
  const [first] = spec.layers;
  if (first?.type === 'padSequences' && first.maxlen < maxLength)
    return { steps: first.maxlen, setting: "maxlen of the layer 'padSequences'" };
  return { steps: maxLength, setting: 'input.maxLength' };
}
