import type { ForecastSpec } from '@unroll/model/tasks/forecast.ts';

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
}
