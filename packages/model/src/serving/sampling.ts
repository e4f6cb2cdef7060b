export interface SamplingOptions {
  /** Below 1 sharpens the distribution, above 1 flattens it. 0 always picks the most probable token. */
  temperature?: number;
  /** Sample from the k most probable tokens. */
  topK?: number;
  /** Sample from the most probable tokens whose sum reaches this probability (nucleus sampling: Holtzman et al., 2020). */
  topP?: number;
}

/**
 * Samples an id from probabilities, which need not sum to 1.
 * @param uniform a random number in [0, 1).
 * @throws if an option is out of range, or every probability is 0.
 */
export function sampleToken(probabilities: Float32Array, { temperature = 1, topK, topP }: SamplingOptions, uniform: number): number {
  if (!(temperature >= 0)) throw new Error(`sampling: temperature must be 0 or more, got ${temperature}`);
  if (topK !== undefined && !(topK >= 1)) throw new Error(`sampling: topK must be 1 or more, got ${topK}`);
  if (topP !== undefined && !(topP > 0 && topP <= 1)) throw new Error(`sampling: topP must be above 0 and at most 1, got ${topP}`);
  let best = 0;
  for (let id = 1; id < probabilities.length; id++) if ((probabilities[id] as number) > (probabilities[best] as number)) best = id;
  const peak = probabilities[best] ?? 0;
  if (!(peak > 0)) throw new Error('sampling: expected a token with a probability above 0, got none');
  if (temperature === 0) return best;

  const weights = Float64Array.from(probabilities, (probability) => (probability / peak) ** (1 / temperature));
  if (topK !== undefined || topP !== undefined) keepBest(weights, topK ?? weights.length, topP ?? 1);
  let left = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  let last = best;
  for (const [id, weight] of weights.entries()) {
    if (weight === 0) continue;
    left -= weight;
    last = id;
    if (left < 0) break;
  }
  return last;
}

/** Keeps the topK largest weights, and of these the largest whose sum reaches topP of their total. Sets all others to 0. */
function keepBest(weights: Float64Array, topK: number, topP: number): void {
  const order = Uint32Array.from(weights, (_, id) => id).sort((a, b) => (weights[b] as number) - (weights[a] as number) || a - b);
  const candidates = order.subarray(0, topK);
  const enough = topP * candidates.reduce((sum, id) => sum + (weights[id] as number), 0);
  let sum = 0;
  const end = candidates.findIndex((id) => {
    sum += weights[id] as number;
    return sum >= enough;
  });
  const kept = end < 0 ? candidates.length : end + 1;
  for (const id of order.subarray(kept)) weights[id] = 0;
}
