import type { ForecastSpec } from '@unroll/model/tasks/forecast.ts';

/**
 * Conformalized quantile regression (Romano, Patterson & Candès, 2019): how far to move each pair of quantiles q, 1-q apart (or
 * together) so that the interval between them has its nominal coverage on the validation samples.
 * @param outputs scaled quantiles [samples, horizon, targets, quantiles], targets [samples, horizon, targets].
 * @returns offsets to add to outputs, [horizon, targets, quantiles]; 0 for a quantile without its counterpart.
 */
export function calibrate(
  { horizon, targets: { length: targetCount }, quantiles }: Pick<ForecastSpec, 'horizon' | 'targets' | 'quantiles'>,
  outputs: Float32Array,
  targets: Float32Array,
): number[] {
  const levels = quantiles.length;
  const values = horizon * targetCount;
  const samples = targets.length / values;
  const calibration = new Array<number>(values * levels).fill(0);
  for (let low = 0; low < levels >> 1; low++) {
    const high = quantiles.findIndex((level) => Math.abs(level + (quantiles[low] as number) - 1) < 1e-9);
    if (high <= low) continue;
    const coverage = (quantiles[high] as number) - (quantiles[low] as number);
    for (let value = 0; value < values; value++) {
      const misses = Array.from({ length: samples }, (_, s) => {
        const at = (s * values + value) * levels;
        const truth = targets[s * values + value] as number;
        return Math.max((outputs[at + low] as number) - truth, truth - (outputs[at + high] as number));
      }).sort((a, b) => a - b);
      const rank = Math.min(samples - 1, Math.ceil(coverage * (samples + 1)) - 1);
      const margin = misses[rank] as number;
      calibration[value * levels + low] = -margin;
      calibration[value * levels + high] = margin;
    }
  }
  return calibration;
}
