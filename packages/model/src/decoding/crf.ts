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
  const { steps, transition, start, end } = read(emissions, scores, allowed);
  if (steps.length === 0) return { labels: [], score: 0 };
  const origins: number[][] = [];
  let best = (steps[0] as number[]).map((emission, k) => (start[k] as number) + emission);
  for (const step of steps.slice(1)) {
    const reached = step.map((_, k) => largest(best.map((value, j) => value + transition(j, k))));
    origins.push(reached.map(({ index }) => index));
    best = step.map((emission, k) => (reached[k]?.value as number) + emission);
  }
  const last = largest(best.map((value, k) => value + (end[k] as number)));
  if (last.value === Number.NEGATIVE_INFINITY) refuse(steps.length);
  const labels = [last.index];
  for (const origin of origins.reverse()) labels.unshift(origin[labels[0] as number] as number);
  return { labels, score: last.value };
}

/**
 * The probability of each label at each step, [T, L], over all sequences that are allowed (forward-backward; Rabiner, 1989).
 * @param emissions [T, L], row by row.
 * @throws if `allowed` admits no sequence of this length.
 */
export function marginals(emissions: ArrayLike<number>, scores: CrfScores, allowed?: AllowedLabels): Float32Array {
  const { L, steps, transition, start, end } = read(emissions, scores, allowed);
  const T = steps.length;
  const forward: number[][] = [];
  for (const [t, step] of steps.entries()) {
    const before = forward[t - 1];
    forward.push(
      step.map((emission, k) => emission + (before ? logSumExp(before.map((value, j) => value + transition(j, k))) : (start[k] as number))),
    );
  }
  let backward = end;
  const probabilities = new Float32Array(T * L);
  for (let t = T - 1; t >= 0; t--) {
    const joint = (forward[t] as number[]).map((value, k) => value + (backward[k] as number));
    const total = logSumExp(joint);
    if (total === Number.NEGATIVE_INFINITY) refuse(T);
    probabilities.set(
      joint.map((value) => Math.exp(value - total)),
      t * L,
    );
    const after = (steps[t] as number[]).map((emission, k) => emission + (backward[k] as number));
    backward = after.map((_, j) => logSumExp(after.map((value, k) => transition(j, k) + value)));
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
  const only = (value: number, isAllowed: boolean | undefined) => (isAllowed === false ? Number.NEGATIVE_INFINITY : value);
  return {
    L,
    steps: Array.from({ length: emissions.length / L }, (_, t) => Array.from({ length: L }, (_, k) => emissions[t * L + k] as number)),
    transition: (j: number, k: number) => only(scores.transitions[j * L + k] as number, allowed?.transitions[j * L + k]),
    start: Array.from(scores.start, (value, k) => only(value, allowed?.start[k])),
    end: Array.from(scores.end, (value, k) => only(value, allowed?.end[k])),
  };
}

/** The first of the largest values, or the first NaN. */
function largest(values: readonly number[]): { value: number; index: number } {
  let index = 0;
  for (const [i, value] of values.entries()) if (!(value <= (values[index] as number)) && !Number.isNaN(values[index])) index = i;
  return { value: values[index] as number, index };
}
