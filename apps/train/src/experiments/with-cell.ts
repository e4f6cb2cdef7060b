import type { ModelSpecInput } from '@unroll/model/spec.ts';
import type { Recipe } from '../recipe/recipe.ts';

export const cellNames = ['simpleRNN', 'lstm', 'gru'] as const;
export type CellName = (typeof cellNames)[number];

type LayerInput = ModelSpecInput['layers'][number];

/** The recipe with that cell in every recurrent layer; units and dropout stay the same. */
export function withCell(recipe: Recipe, cell: CellName): Recipe {
  const replace = (layer: LayerInput): LayerInput => {
    if (layer.type === 'bidirectional') return { ...layer, layer: replace(layer.layer) as typeof layer.layer };
    if (layer.type !== 'simpleRNN' && layer.type !== 'lstm' && layer.type !== 'gru') return layer;
    const { name, units, returnSequences, goBackwards, dropout, recurrentDropout } = layer;
    const chronoSteps = layer.type !== 'simpleRNN' && cell !== 'simpleRNN' ? layer.chronoSteps : undefined;
    const kept = { name, returnSequences, goBackwards, dropout, recurrentDropout, chronoSteps };
    const given = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
    return { type: cell, units, ...given };
  };
  return {
    ...recipe,
    model(known, settings) {
      const spec = recipe.model(known, settings);
      return { ...spec, layers: spec.layers.map(replace) };
    },
  };
}
