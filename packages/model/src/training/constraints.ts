import type { Constraint } from '../weights/weight-options.ts';

const EPSILON = 1e-7;

/**
 * Applies a constraint to a whole weight of `shape`, in place. A norm is over all elements that differ only in their index on the
 * constraint's axis, in float64. As keras.constraints.MaxNorm, UnitNorm and NonNeg.
 */
export function constrain(values: Float32Array, shape: readonly number[], constraint: Constraint): void {
  if (constraint.type === 'nonNeg') {
    for (const [i, value] of values.entries()) if (value < 0) values[i] = 0;
    return;
  }
  const size = shape[constraint.axis] ?? 1;
  const inner = shape.slice(constraint.axis + 1).reduce((product, axis) => product * axis, 1);
  const most = constraint.type === 'maxNorm' ? constraint.maxValue : 1;
  for (let start = 0; start < values.length; start += size * inner) {
    for (let first = start; first < start + inner; first++) {
      const end = first + size * inner;
      let squares = 0;
      for (let i = first; i < end; i += inner) squares += (values[i] as number) ** 2;
      const norm = Math.sqrt(squares);
      if (constraint.type === 'maxNorm' && norm <= most) continue;
      const factor = most / (EPSILON + norm);
      for (let i = first; i < end; i += inner) values[i] = (values[i] as number) * factor;
    }
  }
}
