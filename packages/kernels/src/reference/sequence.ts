/** Sizes and options of a call to a fused recurrent kernel. */
export interface SequenceSize {
  B: number;
  T: number;
  I: number;
  H: number;
  /** Start from given states instead of zeros. */
  initial: boolean;
  /** Which steps are padded: none, a random set, or those after each sequence's end. */
  mask: 'none' | 'any' | 'right';
  /** The previous output is multiplied by fixed factors inside the recurrent product. */
  drop: boolean;
  /** Run from the last step to the first. */
  reverse: boolean;
  /** Whether there are biases. */
  bias: boolean;
}

export interface SequenceInputs {
  /** [B, T, I]. */
  x: ArrayLike<number>;
  /** [I, gates·H]. */
  w: ArrayLike<number>;
  /** [H, gates·H]. */
  u: ArrayLike<number>;
  /** [gates·H]. */
  bias: ArrayLike<number>;
  /** [gates·H], added to the recurrent product of a cell that has one. */
  recurrentBias: ArrayLike<number>;
  /** [B, H] each. */
  states: readonly ArrayLike<number>[];
  /** [B, T], 0 for a padded step. */
  mask: ArrayLike<number>;
  /** [B, H]. */
  drop: ArrayLike<number>;
}

type Columns = (column: number) => number;

/** One step of one sequence: the columns of x·W + b, a function for the columns of v·U, the states, and h after dropout. */
export type Step = (x: Columns, product: (v: readonly number[]) => Columns, states: number[][], dropped: number[]) => number[][];

export interface NaiveCell {
  gates: number;
  states: 1 | 2;
  /** Whether h·U has its own bias. */
  recurrentBias: boolean;
  step: Step;
}

const at = (array: ArrayLike<number>, i: number) => array[i] as number;

/** v·M + bias, M [n, columns]. */
const affine = (v: readonly number[], m: ArrayLike<number>, columns: number, bias?: ArrayLike<number>) => (column: number) =>
  v.reduce((sum, value, k) => sum + value * at(m, k * columns + column), bias ? at(bias, column) : 0);

/** The naive twin of every fused recurrent kernel's forward pass, in float64: y [B,T,H], then each last state [B,H]. */
export function runSequence(cell: NaiveCell, size: SequenceSize, inputs: SequenceInputs): Float64Array {
  const { B, T, I, H, initial, mask, drop, reverse } = size;
  const { x, w, u, states } = inputs;
  const columns = cell.gates * H;
  const bias = size.bias ? inputs.bias : undefined;
  const recurrentBias = size.bias && cell.recurrentBias ? inputs.recurrentBias : undefined;
  const out = new Float64Array(B * T * H + cell.states * B * H);
  for (let b = 0; b < B; b++) {
    let current = states.map((state) => Array.from({ length: H }, (_, j) => (initial ? at(state, b * H + j) : 0)));
    let y = new Array<number>(H).fill(0);
    for (let t = 0; t < T; t++) {
      const row = b * T + (reverse ? T - 1 - t : t);
      if (mask === 'none' || at(inputs.mask, row) !== 0) {
        const dropped = (current[0] as number[]).map((value, j) => (drop ? value * at(inputs.drop, b * H + j) : value));
        const features = Array.from({ length: I }, (_, i) => at(x, row * I + i));
        current = cell.step(affine(features, w, columns, bias), (v) => affine(v, u, columns, recurrentBias), current, dropped);
        y = current[0] as number[];
      }
      out.set(y, (b * T + t) * H);
    }
    for (const [i, state] of current.entries()) out.set(state, B * T * H + i * B * H + b * H);
  }
  return out;
}
