import type { ModelSpec } from '../spec.ts';

/** The most steps of an input that a model reads, and the setting that limits them. */
export function readLimit({ input: { maxLength }, layers }: Pick<ModelSpec, 'input' | 'layers'>): { steps: number; setting: string } {
  const [first] = layers;
  if (first?.type === 'padSequences' && first.maxlen < maxLength)
    return { steps: first.maxlen, setting: "maxlen of the layer 'padSequences'" };
  return { steps: maxLength, setting: 'input.maxLength' };
}
