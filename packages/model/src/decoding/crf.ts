import type { AllowedLabels } from './label-constraints.ts';
import { logSumExp } from './log-space.ts';

/** The scores of a linear-chain CRF over L labels. */
export interface CrfScores {
  /** [L, L] from label j to label k, row by row. */
  transitions: ArrayLike<number>;
  /** [L]: of a sequence's first label. */
  start: ArrayLike<number>;
  /** [L]: of its last. */
  end: ArrayLike<number>;
}

export interface BestLabels {
  labels: number[];
  /** The sum of the sequence's scores. NaN if one of them is. */
  score: number;
}

/**
 * The label sequence of the highest score (Viterbi, 1967), by lower labels where scores are equal.
 * @param emissions [T, L], row by row.
 * @throws if `allowed` admits no sequence of this length.
 */
export function viterbi(emissions: ArrayLike<number>, scores: CrfScores, allowed?: AllowedLabels): BestLabels {
  const { L, T, transitions, start, end } = read(emissions, scores, allowed);
  if (T === 0) return { labels: [], score: 0 };
  /** The best label before each label of each step. */
  const origins = new Int32Array(T * L);
  let best = start.map((score, k) => score + (emissions[k] as number));
  for (let t = 1; t < T; t++) {
    const reached = new Float64Array(L).fill(Number.NEGATIVE_INFINITY);
    for (let j = 0; j < L; j++) {
      for (let k = 0; k < L; k++) {
        const value = (best[j] as number) + (transitions[j * L + k] as number);
        // Written so that NaN wins and stays.
        if (value <= (reached[k] as number) || Number.isNaN(reached[k])) continue;
        reached[k] = value;
        origins[t * L + k] = j;
      }
    }
    best = reached.map((value, k) => value + (emissions[t * L + k] as number));
  }
  const totals = best.map((value, k) => value + (end[k] as number));
  const score = totals.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (score === Number.NEGATIVE_INFINITY) refuse(T);
  const labels = [totals.findIndex((value) => Object.is(value, score))];
  for (let t = T - 1; t > 0; t--) labels.push(origins[t * L + (labels.at(-1) as number)] as number);
  return { labels: labels.reverse(), score };
}

/**
 * The probability of each label at each step, [T, L], over all sequences that are allowed (forward-backward; Rabiner, 1989).
 * @param emissions [T, L], row by row.
 * @throws if `allowed` admits no sequence of this length.
 */
export function marginals(emissions: ArrayLike<number>, scores: CrfScores, allowed?: AllowedLabels): Float32Array {
  const { L, T, transitions, start, end } = read(emissions, scores, allowed);
  const terms = new Float64Array(L);
  const forward: Float64Array[] = [];
  for (let t = 0; t < T; t++) {
    const before = forward[t - 1];
    const row = start.map((score, k) => {
      if (!before) return score + (emissions[k] as number);
      for (let j = 0; j < L; j++) terms[j] = (before[j] as number) + (transitions[j * L + k] as number);
      return logSumExp(terms) + (emissions[t * L + k] as number);
    });
    forward.push(row);
  }
  const probabilities = new Float32Array(T * L);
  let backward = end;
  for (let t = T - 1; t >= 0; t--) {
    const joint = (forward[t] as Float64Array).map((value, k) => value + (backward[k] as number));
    const total = logSumExp(joint);
    if (total === Number.NEGATIVE_INFINITY) refuse(T);
    probabilities.set(
      joint.map((value) => Math.exp(value - total)),
      t * L,
    );
    const after = backward.map((value, k) => value + (emissions[t * L + k] as number));
    backward = after.map((_, j) => {
      for (let k = 0; k < L; k++) terms[k] = (after[k] as number) + (transitions[j * L + k] as number);
      return logSumExp(terms);
    });
  }
  return probabilities;
}

function refuse(length: number): never {
  throw new Error(`crf: the constraints between labels, or scores of -Infinity, leave no sequence of ${length} labels`);
}

function read(emissions: ArrayLike<number>, scores: CrfScores, allowed: AllowedLabels | undefined) {
  const L = scores.start.length;
  if (scores.transitions.length !== L * L || scores.end.length !== L || emissions.length % L !== 0) {
    throw new Error(
      `crf: expected emissions [T,${L}], ${L * L} transitions and ${L} ends for ${L} starts, got ${emissions.length} emissions, ` +
        `${scores.transitions.length} transitions and ${scores.end.length} ends`,
    );
  }
  const only = (values: ArrayLike<number>, flags: ArrayLike<boolean> | undefined) =>
    Float64Array.from(values, (value, i) => (flags?.[i] === false ? Number.NEGATIVE_INFINITY : value));
  return {
    L,
    T: emissions.length / L,
    transitions: only(scores.transitions, allowed?.transitions),
    start: only(scores.start, allowed?.start),
    end: only(scores.end, allowed?.end),
  };
}
