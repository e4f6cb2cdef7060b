/** Distributions as a forecast's outputs: two numbers for each value, from which quantiles follow. */
import * as tf from '@tensorflow/tfjs-core';
import type { Loss } from './losses.ts';
import { incompleteBeta, normalQuantile } from './special-functions.ts';

export type DistributionName = 'gaussian' | 'negativeBinomial';

export interface Distribution {
  /** -log of the likelihood, the mean over values: predictions [N, L·2], targets [N, L] → [N]. */
  readonly loss: Loss;
  /** The two raw outputs of each value → its mean and spread, in the last axis side by side; the same shape. */
  activate<T extends tf.Tensor>(outputs: T): T;
  /** The quantiles of a value of this mean and spread, for `levels` in rising order. */
  quantiles(mean: number, spread: number, levels: readonly number[], index: number): number[];
}

/** Keeps a spread above 0. */
const LEAST = 1e-4;

const positive = (raw: tf.Tensor) => tf.add(tf.softplus(raw), LEAST);

/** [..., L·2] as [rows, L], the first and the second number of each value. */
function halves(outputs: tf.Tensor): [tf.Tensor2D, tf.Tensor2D] {
  const values = (outputs.shape.at(-1) as number) / 2;
  const pairs = tf.reshape(outputs, [-1, values, 2]);
  return [0, 1].map((i) => tf.squeeze(tf.slice(pairs, [0, 0, i], [-1, values, 1]), [2])) as [tf.Tensor2D, tf.Tensor2D];
}

const joined = <T extends tf.Tensor>(mean: tf.Tensor, spread: tf.Tensor, like: T): T =>
  tf.reshape(tf.stack([mean, spread], 2), like.shape) as T;

/** Spread is the standard deviation σ = softplus(raw). -log p = log σ + (y - μ)² / 2σ² + log 2π / 2. */
export const gaussian: Distribution = {
  loss(predictions, targets) {
    const [mean, raw] = halves(predictions);
    const deviation = positive(raw);
    const distance = tf.square(tf.div(tf.sub(targets, mean), deviation));
    return tf.add(tf.mean(tf.add(tf.log(deviation), tf.mul(0.5, distance)), 1), 0.5 * Math.log(2 * Math.PI));
  },
  activate(outputs) {
    const [mean, raw] = halves(outputs);
    return joined(mean, positive(raw), outputs);
  },
  quantiles: (mean, deviation, levels) => levels.map((level) => mean + deviation * normalQuantile(level)),
};

/**
 * Counts of mean μ = scale·softplus(raw) and dispersion α = softplus(raw), so that their variance is μ + αμ² (Salinas et al., 2020, DeepAR).
 * Targets are counts divided by the scale of their column. With r = 1/α:
 *
 *     log p(y) = log Γ(y + r) - log Γ(r) - log Γ(y + 1) + r·log(r / (r + μ)) + y·log(μ / (r + μ))
 *
 * @param scales of each of the L values.
 */
export function negativeBinomial(scales: readonly number[]): Distribution {
  const parts = (outputs: tf.Tensor) => {
    const [raw, rawDispersion] = halves(outputs);
    return { mean: tf.mul(positive(raw), tf.tensor1d([...scales])), dispersion: positive(rawDispersion) };
  };
  return {
    loss(predictions, targets) {
      const { mean, dispersion } = parts(predictions);
      const counts = tf.round(tf.mul(targets, tf.tensor1d([...scales])));
      const r = tf.reciprocal(dispersion);
      const coefficient = tf.sub(gammaRatio(counts, r), logGammas(tf.add(counts, 1)));
      const success = tf.mul(r, tf.log1p(tf.div(mean, r)));
      const failure = tf.mul(counts, tf.log(tf.div(mean, tf.add(r, mean))));
      return tf.mean(tf.sub(success, tf.add(coefficient, failure)), 1);
    },
    activate(outputs) {
      const { mean, dispersion } = parts(outputs);
      return joined(mean, dispersion, outputs);
    },
    quantiles(mean, dispersion, levels, index) {
      const scale = scales[index] as number;
      return levels.map((level) => countQuantile(mean, dispersion, level) / scale);
    },
  };
}

/** The least count k with P(y <= k) >= level, by bisection. NaN stays NaN. */
function countQuantile(mean: number, dispersion: number, level: number): number {
  if (!Number.isFinite(mean) || !Number.isFinite(dispersion)) return Number.NaN;
  const r = 1 / dispersion;
  const p = r / (r + mean);
  const reaches = (count: number) => incompleteBeta(p, r, count + 1) >= level;
  if (reaches(0)) return 0;
  let high = Math.max(1, Math.ceil(mean));
  while (!reaches(high) && high < Number.MAX_SAFE_INTEGER / 2) high *= 2;
  let low = 0;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Terms of log Γ(x) beyond (x - 1/2)·log x - x + log 2π / 2, for x >= 8 (DLMF 5.11.1). */
function stirlingTerms(x: tf.Tensor): tf.Tensor {
  const inverse = tf.reciprocal(x);
  const squared = tf.square(inverse);
  return tf.mul(inverse, tf.add(1 / 12, tf.mul(squared, tf.add(-1 / 360, tf.mul(squared, 1 / 1260)))));
}

/** Γ(x + SHIFT) = Γ(x)·x·(x + 1)···(x + SHIFT - 1). */
const SHIFT = 8;
const overShift = (term: (i: number) => tf.Tensor) => tf.addN(Array.from({ length: SHIFT }, (_, i) => term(i)));

/** log Γ(x) for x > 0. */
function logGammas(x: tf.Tensor): tf.Tensor {
  const shifted = tf.add(x, SHIFT);
  const main = tf.sub(tf.mul(tf.sub(shifted, 0.5), tf.log(shifted)), shifted);
  return tf.sub(
    tf.add(main, tf.add(stirlingTerms(shifted), 0.5 * Math.log(2 * Math.PI))),
    overShift((i) => tf.log(tf.add(x, i))),
  );
}

/** log Γ(y + r) - log Γ(r), as one sum: the difference of two large numbers would lose the digits that its gradient by r needs. */
function gammaRatio(y: tf.Tensor, r: tf.Tensor): tf.Tensor {
  const a = tf.add(r, SHIFT);
  const b = tf.add(a, y);
  const main = tf.add(tf.mul(tf.sub(a, 0.5), tf.log1p(tf.div(y, a))), tf.mul(y, tf.sub(tf.log(b), 1)));
  return tf.sub(
    tf.add(main, tf.sub(stirlingTerms(b), stirlingTerms(a))),
    overShift((i) => tf.log1p(tf.div(y, tf.add(r, i)))),
  );
}
