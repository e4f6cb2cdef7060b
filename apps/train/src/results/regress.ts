import type { RegressTask } from '@unroll/model/tasks/regress.ts';
import type { Prepared } from '../data/prepare.ts';
import { targetOf } from '../data/sequences.ts';
import type { Contender } from './contenders.ts';
import type { TaskResults } from './task-results.ts';

/** The rival always answers the mean of the training rows. */
export function regressResults(prepared: Prepared, task: RegressTask): TaskResults {
  return {
    unit: 'row',
    time: () => Number.NaN,
    rivals: () => (task.targets === 'sample' ? [meanOfTraining(prepared, task)] : []),
    sections: () => [],
  };
}

function meanOfTraining({ data, sequences }: Prepared, { spec }: RegressTask): Contender {
  const scores = spec.targets.flatMap(({ name, scale }, i) => {
    const valuesOf = (samples: Int32Array) => Array.from(samples, (sample) => (targetOf(sequences, sample)[i] as number) * scale);
    const answer = mean(valuesOf(data.split.train));
    const truth = valuesOf(data.split.test);
    const squares = mean(truth.map((value) => (value - answer) ** 2));
    const middle = mean(truth);
    return [
      [`MAE ${name}`, mean(truth.map((value) => Math.abs(value - answer)))],
      [`RMSE ${name}`, Math.sqrt(squares)],
      [`R² ${name}`, 1 - squares / mean(truth.map((value) => (value - middle) ** 2))],
    ] as const;
  });
  return { name: 'mean of training', scores: Object.fromEntries(scores) };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
