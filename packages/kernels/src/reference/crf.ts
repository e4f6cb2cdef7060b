import { logSumExp } from './log-sum-exp.ts';

/** The scores of a linear-chain CRF over L labels. -Infinity forbids. */
export interface CrfScores {
  L: number;
  /** [L,L] from label j to label k, row-major. */
  transitions: ArrayLike<number>;
  /** [L] each. */
  start: ArrayLike<number>;
  end: ArrayLike<number>;
}

/** The score of a label sequence: its emissions [T,L], transitions, start and end (Lafferty et al., 2001). 0 without steps. */
export function crfScore({ L, transitions, start, end }: CrfScores, emissions: ArrayLike<number>, labels: readonly number[]): number {
  if (labels.length === 0) return 0;
  const at = (scores: ArrayLike<number>, i: number) => scores[i] as number;
  return labels.reduce(
    (score, label, t) => score + at(emissions, t * L + label) + (t ? at(transitions, (labels[t - 1] as number) * L + label) : 0),
    at(start, labels[0] as number) + at(end, labels.at(-1) as number),
  );
}

/**
 * The naive twin of `crfForward` for one sequence without padding: log Σ over all label sequences of e^score, minus the score of `labels`, in the
 * logarithms of float64. Infinity if the labels are forbidden.
 */
export function crfLoss(scores: CrfScores, emissions: ArrayLike<number>, labels: readonly number[]): number {
  const { L, transitions, start, end } = scores;
  const T = labels.length;
  if (T === 0) return 0;
  const steps = labels.map((_, t) => Array.from({ length: L }, (_, k) => emissions[t * L + k] as number));
  const read = [...steps.flat(), ...Array.from(start), ...Array.from(end), ...(T > 1 ? Array.from(transitions) : [])];
  const hasNoSoftmax = steps.some((step) => step.every((value) => value === Number.NEGATIVE_INFINITY));
  if (hasNoSoftmax || read.some((value) => Number.isNaN(value) || value === Number.POSITIVE_INFINITY)) return Number.NaN;
  const score = crfScore(scores, emissions, labels);
  if (score === Number.NEGATIVE_INFINITY) return Number.POSITIVE_INFINITY;

  let alpha = (steps[0] as number[]).map((value, k) => value + (start[k] as number));
  for (const step of steps.slice(1)) {
    alpha = step.map((value, k) => value + logSumExp(alpha.map((before, j) => before + (transitions[j * L + k] as number))));
  }
  return logSumExp(alpha.map((value, k) => value + (end[k] as number))) - score;
}
