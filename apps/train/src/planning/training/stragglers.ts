/** The wait for the slowest: everyone waits for the last rank. */

/**
 * The expected maximum of `count` independent draws from a sample: Σ x₍ᵢ₎·((i/n)^count − ((i−1)/n)^count) over the sorted sample.
 * That is the exact expectation under the sample's empirical distribution, so it never exceeds the largest value seen.
 */
export function expectedMaximum(sample: readonly number[], count: number): number {
  const sorted = sample.toSorted((a, b) => a - b);
  const n = sorted.length;
  return sorted.reduce((sum, value, i) => sum + value * (((i + 1) / n) ** count - (i / n) ** count), 0);
}

/**
 * How many times its mean a phase takes until the slowest of `count` threads has finished `jobs` jobs.
 * @param spread times of equal jobs, in units of their mean. The deviation of a sum of m jobs shrinks with √m.
 */
export function stragglerFactor(spread: readonly number[], count: number, jobs: number): number {
  const mean = expectedMaximum(spread, 1);
  return 1 + (expectedMaximum(spread, count) / mean - 1) / Math.sqrt(Math.max(1, jobs));
}
