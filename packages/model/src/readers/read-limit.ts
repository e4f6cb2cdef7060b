import type { ModelSpec } from '../spec.ts';

/** How many steps of an input a model reads at most, and which of its settings says so. */
export function readLimit({ input: { maxLength }, layers }: Pick<ModelSpec, 'input' | 'layers'>): { steps: number; setting: string } {
  const [first] = layers;
  if (first?.type === 'padSequences' && first.maxlen < maxLength)
    return { steps: first.maxlen, setting: "maxlen of the layer 'padSequences'" };
  return { steps: maxLength, setting: 'input.maxLength' };
}
