/** Of a longer parameter only some elements are computed. */
const MOST = 400;
const STEP = 1e-5;

/**
 * The gradient of Σ dOut ∘ f() with respect to `parameter`, an array that f reads, by central differences in float64.
 * The naive twin of every backward kernel. Only some elements of a long parameter are computed; the others are NaN.
 */
export function numericGradient(parameter: Float64Array, dOut: ArrayLike<number>, f: () => Float64Array): Float64Array {
  const loss = () => f().reduce((sum, value, i) => sum + value * (dOut[i] as number), 0);
  const every = Math.ceil(parameter.length / MOST);
  return parameter.map((value, i) => {
    if (i % every !== 0) return Number.NaN;
    parameter[i] = value + STEP;
    const above = loss();
    parameter[i] = value - STEP;
    const below = loss();
    parameter[i] = value;
    return (above - below) / (2 * STEP);
  });
}
