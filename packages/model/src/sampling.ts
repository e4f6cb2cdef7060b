export interface SamplingOptions {
  /** Below 1 surer, above 1 bolder; 0 always takes the most probable token. */
  temperature?: number;
  /** Only the k most probable tokens. */
  topK?: number;
  /** Only the most probable tokens that together reach this probability (nucleus sampling: Holtzman et al., 2020). */
  topP?: number;
}

/**
 * Draws an id from probabilities (of any sum).
 * @param uniform a random number in [0, 1).
 * @throws if an option is out of its range or no token has any probability.
 */
export function sampleToken(probabilities: Float32Array, { temperature = 1, topK, topP }: SamplingOptions, uniform: number): number {
  if (!(temperature >= 0)) throw new Error(`sampling: temperature must be 0 or more, got ${temperature}`);
  if (topK !== undefined && !(topK >= 1)) throw new Error(`sampling: topK must be 1 or more, got ${topK}`);
  if (topP !== undefined && !(topP > 0 && topP <= 1)) throw new Error(`sampling: topP must be above 0 and at most 1, got ${topP}`);
  const order = Array.from(probabilities, (_, id) => id)
    .filter((id) => (probabilities[id] as number) > 0)
    .sort((a, b) => (probabilities[b] as number) - (probabilities[a] as number) || a - b);
  const [best] = order;
  if (best === undefined) throw new Error('sampling: no token has any probability');
  if (temperature === 0) return best;

  const peak = probabilities[best] as number;
  const candidates = order.slice(0, topK);
  const weights = candidates.map((id) => ((probabilities[id] as number) / peak) ** (1 / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const kept = topP === undefined ? weights : nucleus(weights, topP * total);
  let left = uniform * kept.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of kept.entries()) {
    left -= weight;
    if (left < 0) return candidates[i] as number;
  }
  return candidates[kept.length - 1] as number;
}

/** The first weights whose sum reaches `enough`. */
function nucleus(weights: readonly number[], enough: number): number[] {
  let sum = 0;
  const end = weights.findIndex((weight) => {
    sum += weight;
    return sum >= enough;
  });
  return weights.slice(0, end < 0 ? weights.length : end + 1);
}
