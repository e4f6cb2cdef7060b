/**
 * Sums the shards' slots into the first, in shard order: floating-point addition is not associative, so a fixed order
 * is what makes training bit-identical for any number of workers.
 */
export function sumSlots(slots: readonly Float32Array[]): Float32Array {
  const [total, ...rest] = slots;
  if (!total) throw new Error('all-reduce: no slots');
  for (const slot of rest) {
    for (let i = 0; i < total.length; i++) total[i] = (total[i] as number) + (slot[i] as number);
  }
  return total;
}

/** √Σg², accumulated in float64. */
export function globalNorm(gradient: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < gradient.length; i++) sum += (gradient[i] as number) ** 2;
  return Math.sqrt(sum);
}

/** Scales a gradient whose norm is above `clipNorm` down to it. */
export function clipByNorm(gradient: Float32Array, norm: number, clipNorm: number): void {
  if (norm <= clipNorm) return;
  const scale = clipNorm / norm;
  for (let i = 0; i < gradient.length; i++) gradient[i] = (gradient[i] as number) * scale;
}
