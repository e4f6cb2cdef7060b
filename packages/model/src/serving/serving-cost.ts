import type { Model } from '../model.ts';

export interface ServingCost {
  multiplyAdds: number;
  /** Of tensors alive at once, weights not counted: nothing is freed before the answer is read. */
  bytes: number;
}

/** What answering `rows` inputs padded to `steps` takes at most, known before it runs. */
export function servingCost(model: Model, rows: number, steps: number): ServingCost {
  const padded = model.spec.layers.map((layer) => (layer.type === 'padSequences' ? layer.maxlen : 0));
  const cells = rows * Math.max(steps, 1, ...padded);
  const matrices = model.weights.filter(({ name, shape }) => shape.length === 2 && /kernel$/i.test(name));
  const perStep = matrices.reduce((sum, { shape: [fanIn = 0, fanOut = 0] }) => sum + fanIn * fanOut, 0);
  // A matrix's outputs, its activations and what they are copied to.
  const floats = 4 * model.weights.reduce((sum, { shape }) => sum + (shape.length >= 2 ? (shape.at(-1) ?? 0) : 0), 0) + 8;
  return { multiplyAdds: cells * perStep, bytes: 4 * cells * floats };
}
