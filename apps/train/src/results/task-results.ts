import type { Metric } from '@unroll/model/tasks/task.ts';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { Chart } from '../page/chart.ts';
import type { Candidate, Contender } from './contenders.ts';

/** A task's part of the final table and the report. */
export interface TaskResults {
  /** The unit of one timed answer: 'text', 'token' ... */
  unit: string;
  /** Metrics of whole answers, the most important first. The artifact's metrics have their values, those of steps do not. */
  metrics?: Readonly<Record<string, Metric>>;
  /** The time of one answer of a model. */
  time(candidate: Candidate): number;
  /** Simple methods; a model must beat them to be worth its weights. */
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
