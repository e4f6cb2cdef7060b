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

export interface LstmInputs {
  /** [B, T, 4H]. */
  xw: ArrayLike<number>;
  /** [H, 4H]. */
  u: ArrayLike<number>;
  /** [B, H] each. */
  h0: ArrayLike<number>;
  c0: ArrayLike<number>;
  /** [B, T], 0 for a padded step. */
  mask: ArrayLike<number>;
  /** [B, H]. */
  drop: ArrayLike<number>;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const at = (array: ArrayLike<number>, i: number) => array[i] as number;

/** The naive twin of `lstmForward`, in float64: y [B,T,H], then h [B,H] and c [B,H]. */
export function lstmForward({ B, T, H, initial, mask, drop }: SequenceSize, inputs: LstmInputs): Float64Array {
  const out = new Float64Array(B * T * H + 2 * B * H);
  for (let b = 0; b < B; b++) {
    let h = Array.from({ length: H }, (_, j) => (initial ? at(inputs.h0, b * H + j) : 0));
    let c = Array.from({ length: H }, (_, j) => (initial ? at(inputs.c0, b * H + j) : 0));
    let y = new Array<number>(H).fill(0);
    for (let t = 0; t < T; t++) {
      if (!mask || at(inputs.mask, b * T + t) !== 0) {
        const seen = h.map((value, j) => (drop ? value * at(inputs.drop, b * H + j) : value));
        const sum = (column: number) =>
          seen.reduce((total, value, k) => total + value * at(inputs.u, k * 4 * H + column), at(inputs.xw, (b * T + t) * 4 * H + column));
        c = c.map((value, j) => sigmoid(sum(H + j)) * value + sigmoid(sum(j)) * Math.tanh(sum(2 * H + j)));
        h = c.map((value, j) => sigmoid(sum(3 * H + j)) * Math.tanh(value));
        y = h;
      }
      out.set(y, (b * T + t) * H);
    }
    out.set(h, B * T * H + b * H);
    out.set(c, B * T * H + B * H + b * H);
  }
  return out;
}
