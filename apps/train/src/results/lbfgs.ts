/** A smooth function of x. Returns its value and writes its gradient into `gradient`. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

interface Pair {
  /** The change of x and the change of the gradient. */
  s: Float64Array;
  y: Float64Array;
  /** 1 / sᵀy */
  rho: number;
}

const MEMORY = 8;
/** Armijo's constant, and the most halvings of a step before the search ends. */
const SUFFICIENT = 1e-4;
const HALVINGS = 30;

/**
 * Minimizes a convex function by L-BFGS (Nocedal & Wright, 2006, algorithm 7.5) with backtracking. `x` holds the start and then the result.
 * Ends once the gradient's norm has fallen to `tolerance` times its first value, or after `iterations`. Deterministic.
 */
export function minimize(objective: Objective, x: Float64Array, { iterations = 200, tolerance = 3e-4 } = {}): void {
  const pairs: Pair[] = [];
  let gradient = new Float64Array(x.length);
  let value = objective(x, gradient);
  const goal = tolerance * norm(gradient);
  for (let i = 0; i < iterations && norm(gradient) > goal; i++) {
    const direction = descent(gradient, pairs);
    const slope = dot(direction, gradient);
    const next = new Float64Array(x.length);
    const nextGradient = new Float64Array(x.length);
    // The first direction is the gradient itself; its length does not matter.
    let step = i === 0 ? 1 / norm(gradient) : 1;
    let nextValue = Number.NaN;
    for (let tried = 0; ; tried++, step /= 2) {
      if (tried > HALVINGS) return;
      for (let k = 0; k < x.length; k++) next[k] = (x[k] as number) + step * (direction[k] as number);
      nextValue = objective(next, nextGradient);
      if (nextValue <= value + SUFFICIENT * step * slope) break;
    }
    remember(pairs, difference(next, x), difference(nextGradient, gradient));
    x.set(next);
    gradient = nextGradient;
    value = nextValue;
  }
}

/** -H · gradient, by two loops over the last pairs. */
function descent(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const q = gradient.map((value) => -value);
  const alphas = pairs.toReversed().map(({ s, y, rho }) => {
    const alpha = rho * dot(s, q);
    addScaled(q, y, -alpha);
    return alpha;
  });
  const last = pairs.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    for (let k = 0; k < q.length; k++) q[k] = (q[k] as number) * scale;
  }
  for (const { s, y, rho } of pairs) addScaled(q, s, (alphas.pop() as number) - rho * dot(y, q));
  return q;
}

function remember(pairs: Pair[], s: Float64Array, y: Float64Array): void {
  const curvature = dot(s, y);
  // A pair without positive curvature would make H indefinite.
  if (curvature <= 1e-12 * dot(y, y)) return;
  pairs.push({ s, y, rho: 1 / curvature });
  if (pairs.length > MEMORY) pairs.shift();
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

const norm = (a: Float64Array) => Math.sqrt(dot(a, a));
const difference = (a: Float64Array, b: Float64Array) => a.map((value, i) => value - (b[i] as number));

function addScaled(into: Float64Array, a: Float64Array, factor: number): void {
  for (let i = 0; i < into.length; i++) into[i] = (into[i] as number) + factor * (a[i] as number);
}
