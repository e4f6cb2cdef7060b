/**
 * The naive twin of the quantization of activations, in float64. Each row of K float32 is scaled so that its largest magnitude becomes
 * `range`, rounded with ties to even, and scaled back. A row of tiny values becomes zeros. A row with NaN or an infinite value does
 * not change.
 */
export function quantizeRows(a: ArrayLike<number>, K: number, bits: 14 | 7): Float64Array {
  const range = bits === 14 ? Math.min(8191, Math.trunc((2 ** 31 - 1) / (127 * K))) : 63;
  const out = new Float64Array(a.length);
  for (let row = 0; row < a.length; row += K) {
    const values = Array.from({ length: K }, (_, k) => a[row + k] as number);
    const largest = Math.max(...values.map(Math.abs));
    if (largest <= 1e-30) continue;
    if (!Number.isFinite(largest)) {
      out.set(values, row);
      continue;
    }
    const inverse = Math.fround(range / largest);
    for (const [k, value] of values.entries()) out[row + k] = roundToEven(Math.fround(value * inverse)) * Math.fround(largest / range);
  }
  return out;
}

function roundToEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
