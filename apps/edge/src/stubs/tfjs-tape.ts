/** Replaces tfjs's backpropagation: a Worker computes no gradients. */
export function getFilteredNodesXToY(): never {
  throw new Error('gradients are not part of the Worker');
}
export const backpropagateGradients = getFilteredNodesXToY;
