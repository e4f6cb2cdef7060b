/** The time of a gradient job as a function of its shard, fitted to measured jobs. */
import type { Sequences } from '../../data/sequences.ts';
import type { Rows } from '../../plan/rows.ts';

/** What a shard's time depends on. */
export interface ShardShape {
  /** Sequences. */
  rows: number;
  /** Of the longest sequence: a recurrent layer takes them one after the other. */
  steps: number;
  /** Of all sequences: the kernels skip padded steps. */
  rowSteps: number;
}

/** Seconds: of a job, and of each of the shard's sizes. None is negative. */
export interface ShardCost {
  job: number;
  row: number;
  step: number;
  rowStep: number;
}

export interface MeasuredShard {
  shape: ShardShape;
  seconds: number;
}

export function shapeOf({ lengths }: Pick<Sequences, 'lengths'>, rows: Rows): ShardShape {
  const own = 'samples' in rows ? Array.from(rows.samples, (sample) => lengths[sample] as number) : Array.from(rows.lengths);
  return { rows: own.length, steps: own.reduce((a, b) => Math.max(a, b), 0), rowSteps: own.reduce((a, b) => a + b, 0) };
}

export const shardTime = ({ job, row, step, rowStep }: ShardCost, { rows, steps, rowSteps }: ShardShape) =>
  job + row * rows + step * steps + rowStep * rowSteps;

const ROUNDS = 10;

/**
 * Fits the mean job + row·rows + step·steps + rowStep·rowSteps with coefficients ≥ 0 to the least Σ (error / fitted time)²: least
 * squares, reweighted with the times that the round before fitted.
 */
export function fitShardCost(measured: readonly MeasuredShard[]): ShardCost {
  const sizes = measured.map(({ shape: { rows, steps, rowSteps } }) => [1, rows, steps, rowSteps]);
  const times = measured.map(({ seconds }) => seconds);
  let fitted: readonly number[] = times;
  let best: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    best = leastSquares(
      sizes.map((row, i) => row.map((size) => size / (fitted[i] as number))),
      times.map((time, i) => time / (fitted[i] as number)),
    );
    fitted = sizes.map((row) => dot(row, best));
  }
  const [job = 0, row = 0, step = 0, rowStep = 0] = best;
  return { job, row, step, rowStep };
}

/** x ≥ 0 with the least |A·x − b|²: the best of the solutions over every subset of the columns. */
function leastSquares(rows: readonly number[][], values: readonly number[]): number[] {
  const columns = rows[0]?.length ?? 0;
  let best = new Array<number>(columns).fill(0);
  let least = Number.POSITIVE_INFINITY;
  for (let subset = 1; subset < 2 ** columns; subset++) {
    const chosen = Array.from({ length: columns }, (_, i) => i).filter((i) => (subset >> i) & 1);
    const solution = solveNormalEquations(
      rows.map((row) => chosen.map((i) => row[i] as number)),
      values,
    );
    if (!solution?.every((value) => value >= 0)) continue;
    const whole = new Array<number>(columns).fill(0);
    for (const [i, column] of chosen.entries()) whole[column] = solution[i] as number;
    const error = rows.reduce((sum, row, i) => sum + (dot(row, whole) - (values[i] as number)) ** 2, 0);
    // A smaller subset wins a tie.
    if (error < least * (1 - 1e-9)) [best, least] = [whole, error];
  }
  return best;
}

/** x of AᵀA·x = Aᵀb by Gauss-Jordan; undefined if columns of A depend on each other. */
function solveNormalEquations(rows: readonly number[][], values: readonly number[]): number[] | undefined {
  const n = rows[0]?.length ?? 0;
  // Columns differ by orders of magnitude, so each is scaled to length 1.
  const scale = Array.from({ length: n }, (_, i) => Math.hypot(...rows.map((row) => row[i] as number)) || 1);
  const column = (j: number) => (j < n ? rows.map((row) => (row[j] as number) / (scale[j] as number)) : values);
  const matrix = Array.from({ length: n }, (_, i) => Array.from({ length: n + 1 }, (_, j) => dot(column(i), column(j))));
  for (const [i, pivot] of matrix.entries()) {
    const size = pivot[i] as number;
    if (!(size > 1e-9)) return undefined;
    for (const row of matrix) {
      if (row === pivot) continue;
      const factor = (row[i] as number) / size;
      for (let j = i; j <= n; j++) row[j] = (row[j] as number) - factor * (pivot[j] as number);
    }
  }
  return matrix.map((row, i) => (row[n] as number) / (row[i] as number) / (scale[i] as number));
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
