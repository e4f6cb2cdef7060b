import { accuracy, type ConfusionMatrix, confusionMatrix } from '@unroll/model/metrics.ts';
import { cutIntoShards } from './plan.ts';
import type { Pool } from './pool.ts';
import type { Prepared } from './prepare.ts';
import { sequenceOf, targetOf } from './samples.ts';

export interface Mistake {
  sample: number;
  /** What the model held most probable. */
  predicted: string;
  actual: string;
  /** Probability it gave to anything but the truth. */
  error: number;
}

export interface Evaluation {
  samples: number;
  loss: number;
  accuracy: number;
  /** Absent for multi-label tasks. */
  confusion?: ConfusionMatrix;
  /** Wrong answers, the surest first. */
  mistakes: Mistake[];
}

/** Samples whose outputs one task computes; they are sorted by length, so a part pads little. */
const PART_SIZE = 64;

/** Scores the pool's present parameters on samples. Sums run in sample order: the same for any number of workers. */
export async function evaluate(
  pool: Pool,
  { samples, task }: Pick<Prepared, 'samples' | 'task'>,
  indices: Int32Array,
): Promise<Evaluation> {
  const sorted = indices.slice().sort((a, b) => sequenceOf(samples, a).length - sequenceOf(samples, b).length);
  const parts = cutIntoShards(sorted, Math.ceil(sorted.length / PART_SIZE));
  const results = await Promise.all(parts.map((part) => pool.outputs(part)));
  const rows = results.flatMap(({ outputs, losses }, p) => {
    const part = parts[p] as Int32Array;
    const units = outputs.length / part.length;
    return Array.from(part, (sample, row) => ({
      sample,
      outputs: outputs.subarray(row * units, (row + 1) * units),
      loss: losses[row] as number,
    }));
  });
  return score(rows, samples, task);
}

/** Scores outputs that were computed anywhere. */
export function score(
  rows: readonly { sample: number; outputs: Float32Array; loss?: number }[],
  samples: Prepared['samples'],
  task: Prepared['task'],
): Evaluation {
  const judged = rows.map((row) => ({ ...row, ...task.judge(row.outputs, targetOf(samples, row.sample)) }));
  const { classOf, labels } = task;
  const mistakes = judged
    .filter(({ correct }) => !correct)
    .sort((a, b) => b.error - a.error)
    .map(({ sample, outputs, error }) => ({
      sample,
      predicted: task.decode(outputs).labels.join(', ') || 'none',
      actual: labels
        .filter((_, i) => (classOf ? classOf.target(targetOf(samples, sample)) === i : targetOf(samples, sample)[i] === 1))
        .join(', '),
      error,
    }));
  const confusion =
    classOf &&
    confusionMatrix(
      rows.map(({ sample }) => classOf.target(targetOf(samples, sample))),
      rows.map(({ outputs }) => classOf.outputs(outputs)),
      labels.length,
    );
  return {
    samples: rows.length,
    loss: rows.reduce((sum, { loss = Number.NaN }) => sum + loss, 0) / rows.length,
    accuracy: confusion ? accuracy(confusion) : judged.filter(({ correct }) => correct).length / rows.length,
    ...(confusion && { confusion }),
    mistakes,
  };
}
