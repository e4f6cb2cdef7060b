/** log Γ(x) for x > 0. Lanczos' approximation with g = 7 and nine terms; relative error below 1e-13. */
export function logGamma(x: number): number {
  const terms = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
    -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  const z = x - 1;
  const sum = terms.reduce((total, term, i) => total + (i === 0 ? term : term / (z + i)), 0);
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

/**
 * The regularized incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22) with Lentz's method. P(y <= k) of a negative
 * binomial is I_p(r, k + 1).
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side only.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  return front * continuedFraction(x, a, b);
}

const TINY = 1e-300;
const MOST_TERMS = 10_000;

function continuedFraction(x: number, a: number, b: number): number {
  const awayFromZero = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m < MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let change = 1;
    for (const step of [even, odd]) {
      d = 1 / awayFromZero(1 + step * d);
      c = awayFromZero(1 + step / c);
      change = c * d;
      value *= change;
    }
    if (Math.abs(change - 1) < 1e-13) break;
  }
  return value;
}

/** The standard normal quantile, by Acklam's rational approximations; relative error below 1.2e-9. */
export function normalQuantile(level: number): number {
  const polynomial = (x: number, coefficients: readonly number[]) => coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
  const tail = 0.02425;
  if (level > 1 - tail) return -normalQuantile(1 - level);
  if (level < tail) {
    const q = Math.sqrt(-2 * Math.log(level));
    const c = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783];
    const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
    return polynomial(q, c) / polynomial(q, d);
  }
  const q = level - 0.5;
  const r = q * q;
  const a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239];
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
  return (polynomial(r, a) * q) / polynomial(r, b);
}
