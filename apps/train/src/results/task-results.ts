import type { HtmlEscapedString } from 'hono/utils/html';
import type { Chart } from '../page/chart.ts';
import type { Candidate, Contender } from './contenders.ts';

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
