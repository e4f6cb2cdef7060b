/** Sizes and options of a fused recurrent kernel's call. */
export interface SequenceSize {
  B: number;
  T: number;
  H: number;
  /** Start from given states instead of zeros. */
  initial: boolean;
  /** Some steps are padded. */
  mask: boolean;
  /** The previous output is multiplied by fixed factors inside the recurrent product. */
  drop: boolean;
}

export interface SequenceInputs {
  /** [B, T, gates·H]. */
  xw: ArrayLike<number>;
  /** [H, gates·H]. */
  u: ArrayLike<number>;
  /** [gates·H], added to the recurrent product. */
  bias?: ArrayLike<number>;
  /** [B, H] each. */
  states: readonly ArrayLike<number>[];
  /** [B, T], 0 for a padded step. */
  mask: ArrayLike<number>;
  /** [B, H]. */
  drop: ArrayLike<number>;
}

/** One sequence's step in plain numbers: the sums from x and from the state, by column, and the states, output first. */
export type Step = (x: (column: number) => number, recurrent: (column: number) => number, states: number[][]) => number[][];

export interface NaiveCell {
  gates: number;
  step: Step;
}

const at = (array: ArrayLike<number>, i: number) => array[i] as number;

/** The naive twin of every fused recurrent kernel's forward pass, in float64: y [B,T,H], then each last state [B,H]. */
export function runSequence(
  { gates, step }: NaiveCell,
  { B, T, H, initial, mask, drop }: SequenceSize,
  inputs: SequenceInputs,
): Float64Array {
  const { xw, u, bias, states } = inputs;
  const columns = gates * H;
  const out = new Float64Array(B * T * H + states.length * B * H);
  for (let b = 0; b < B; b++) {
    let current = states.map((state) => Array.from({ length: H }, (_, j) => (initial ? at(state, b * H + j) : 0)));
    let y = new Array<number>(H).fill(0);
    for (let t = 0; t < T; t++) {
      if (!mask || at(inputs.mask, b * T + t) !== 0) {
        const h = (current[0] as number[]).map((value, j) => (drop ? value * at(inputs.drop, b * H + j) : value));
        const x = (column: number) => at(xw, (b * T + t) * columns + column);
        const recurrent = (column: number) =>
          h.reduce((sum, value, k) => sum + value * at(u, k * columns + column), bias ? at(bias, column) : 0);
        current = step(x, recurrent, current);
        y = current[0] as number[];
      }
      out.set(y, (b * T + t) * H);
    }
    for (const [i, state] of current.entries()) out.set(state, B * T * H + i * B * H + b * H);
  }
  return out;
}
