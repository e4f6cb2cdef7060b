import type { Metric } from '@unroll/model/tasks/task.ts';
import type { Prepared } from '../data/prepare.ts';
import type { TrainResult } from '../training/train.ts';
import { classifyResults } from './classify.ts';
import type { Candidate, Contender } from './contenders.ts';
import { forecastResults } from './forecast.ts';
import { generateResults } from './generate.ts';
import { regressResults } from './regress.ts';
import type { TaskResults } from './task-results.ts';
import { translateResults } from './translate.ts';

/** A task's results; a task without a file in this folder has only its metrics. @param final needed for sections. */
export function resultsOf(prepared: Prepared, final: TrainResult['final']): TaskResults {
  switch (prepared.task.type) {
    case 'classify':
      return classifyResults(prepared, prepared.task, final?.test);
    case 'generate':
      return generateResults(prepared);
    case 'forecast':
      return forecastResults(prepared, prepared.task, final?.test);
    case 'regress':
      return regressResults(prepared, prepared.task);
    case 'translate':
      return translateResults(prepared, prepared.task);
    case 'tag':
    case 'transcribe':
      return { unit: 'sequence', time: () => Number.NaN, rivals: () => [], sections: () => [] };
  }
}

/** All metrics of the test samples, the most important first. */
export const metricsOf = ({ metrics }: TaskResults, { task }: Pick<Prepared, 'task'>): Readonly<Record<string, Metric>> => ({
  ...metrics,
  ...task.metricInfo,
});

/** The trained models with their times, and their rivals, on the test samples. */
export function measure(results: TaskResults, candidates: readonly Candidate[]): Contender[] {
  const models = candidates.map(({ name, artifact, bytes }) => {
    const milliseconds = results.time({ name, artifact, bytes });
    return { name, bytes, scores: artifact.metrics, ...(Number.isFinite(milliseconds) && { milliseconds }) };
  });
  return [...models, ...results.rivals()];
}
