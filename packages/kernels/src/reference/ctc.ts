import { logSumExp } from './log-sum-exp.ts';

/** One sequence: T frames of L logits, row-major, and the labels of its target. */
export interface CtcSequence {
  L: number;
  logits: ArrayLike<number>;
  target: readonly number[];
  blank: number;
}

/**
 * The naive twin of `ctc` for one sequence, in the logarithms of float64 (Graves et al., 2006, equations 5 to 16).
 * The loss is Infinity, and the gradient [T,L] zeros, where no path spells the target.
 */
export function ctcLoss(sequence: CtcSequence): { loss: number; gradient: Float64Array } {
  const { L, target, blank } = sequence;
  const logProbabilities = logSoftmaxRows(sequence);
  const T = logProbabilities.length;
  const gradient = new Float64Array(T * L);
  if (logProbabilities.flat().some(Number.isNaN)) return { loss: Number.NaN, gradient: gradient.fill(Number.NaN) };

  const states = target.flatMap((label) => [blank, label]).concat(blank);
  const logOf = (t: number, s: number) => logProbabilities[t]?.[states[s] as number] as number;
  const skips = (s: number) => s >= 2 && states[s] !== blank && states[s] !== states[s - 2];
  const at = (row: readonly number[] | undefined, s: number) => row?.[s] ?? Number.NEGATIVE_INFINITY;

  /** before[t][s] and after[t][s]: what leads to state s at frame t, and what follows it. Neither has the frame's own probability. */
  const before: number[][] = [];
  for (let t = 0; t < T; t++) {
    const last = before[t - 1]?.map((value, s) => value + logOf(t - 1, s));
    before.push(states.map((_, s) => (t ? logSumExp([at(last, s), at(last, s - 1), skips(s) ? at(last, s - 2) : -Infinity]) : start(s))));
  }
  const after: number[][] = new Array(T);
  for (let t = T - 1; t >= 0; t--) {
    const next = after[t + 1]?.map((value, s) => value + logOf(t + 1, s));
    const end = (s: number) => (s >= states.length - 2 ? 0 : Number.NEGATIVE_INFINITY);
    after[t] = states.map((_, s) =>
      next ? logSumExp([at(next, s), at(next, s + 1), skips(s + 2) ? at(next, s + 2) : -Infinity]) : end(s),
    );
  }
  const total = T ? logSumExp(states.map((_, s) => at(before[0], s) + at(after[0], s) + logOf(0, s))) : start(states.length - 1);
  if (total === Number.NEGATIVE_INFINITY) return { loss: Number.POSITIVE_INFINITY, gradient };

  for (let t = 0; t < T; t++) {
    for (let k = 0; k < L; k++) gradient[t * L + k] = Math.exp(logProbabilities[t]?.[k] as number);
    for (const [s, k] of states.entries()) {
      gradient[t * L + k] = (gradient[t * L + k] as number) - Math.exp(at(before[t], s) + at(after[t], s) + logOf(t, s) - total);
    }
  }
  return { loss: -total, gradient };
}

/** A path starts in the first blank or the first label. */
const start = (s: number) => (s < 2 ? 0 : Number.NEGATIVE_INFINITY);

function logSoftmaxRows({ L, logits }: CtcSequence): number[][] {
  return Array.from({ length: logits.length / L }, (_, t) => {
    const row = Array.from({ length: L }, (_, k) => logits[t * L + k] as number);
    const normalizer = logSumExp(row);
    return row.map((value) => value - normalizer);
  });
}
