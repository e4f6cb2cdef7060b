import type { HtmlEscapedString } from 'hono/utils/html';
import type { Prepared } from '../prepare.ts';
import type { Chart } from '../report/chart.ts';
import { scoreArtifact } from '../score-artifact.ts';
import type { TrainResult } from '../train.ts';
import { classifyResults } from './classify.ts';
import type { Candidate, Contender } from './contenders.ts';
import { forecastResults } from './forecast.ts';
import { generateResults } from './generate.ts';

/** What a task adds to the final table and the report. */
export interface TaskResults {
  /** What one timed answer is about: 'text', 'token' ... */
  unit: string;
  /** A model's time for one answer. */
  time(candidate: Candidate): number;
  /** Simple methods that a model must beat to be worth its weights. */
  rivals(): Contender[];
  /** Sections of the report. */
  sections(candidates: readonly Candidate[]): Section[];
}

export interface Section {
  title: string;
  body: HtmlEscapedString | Promise<HtmlEscapedString>;
  /** Drawn into an element of the body. */
  chart?: Chart;
}

/** A task without a file of its own has its figures alone. @param final needed for sections. */
export function resultsOf(prepared: Prepared, final: TrainResult['final']): TaskResults {
  switch (prepared.task.type) {
    case 'classify':
      return classifyResults(prepared, prepared.task, final?.test);
    case 'generate':
      return generateResults(prepared);
    case 'forecast':
      return forecastResults(prepared, prepared.task, final?.test);
    case 'tag':
      return { unit: 'sequence', time: () => Number.NaN, rivals: () => [], sections: () => [] };
  }
}

/** The trained models and their rivals on the test samples. */
export function measure(prepared: Prepared, results: TaskResults, candidates: readonly Candidate[]): Contender[] {
  const models = candidates.map(({ name, artifact, bytes }) => {
    const milliseconds = results.time({ name, artifact, bytes });
    return {
      ...{ name, bytes, scores: scoreArtifact(artifact, prepared, prepared.data.split.test) },
      ...(Number.isFinite(milliseconds) && { milliseconds }),
    };
  });
  return [...models, ...results.rivals()];
}
