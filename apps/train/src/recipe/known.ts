import type { ForecastSpec } from '@unroll/model/tasks/forecast.ts';
import type { RegressSpec } from '@unroll/model/tasks/regress.ts';

/** Facts about the data after reading it; numbers that do not apply are 0. */
export interface Known {
  vocabularySize: number;
  labels: readonly string[];
  /** Floats per step. */
  features: number;
  /** Units that the last layer of a forecasting model needs. */
  units: number;
  /** The matching forecast task: a series' columns with their scaling, or encoded numbers with unscaled inputs and targets. */
  forecast: ForecastSpec;
  /** The task that predicts the numbers of a row: a table's targets with their scaling, or unscaled numbers. */
  regress: RegressSpec;
  /** Of pairs of texts. The target's words, and the ids that start and end a translation. */
  source: { vocabularySize: number };
  target: { vocabularySize: number; start: number; end: number };
}
