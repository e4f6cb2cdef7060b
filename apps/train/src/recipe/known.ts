import type { ForecastSpec } from '@unroll/model/tasks/forecast.ts';

/** What is known of the data once it is read; numbers that do not apply are 0. */
export interface Known {
  vocabularySize: number;
  labels: readonly string[];
  /** Floats a step. */
  features: number;
  /** Units that the last layer of a forecasting model needs. */
  units: number;
  /** The forecasting task that fits: of a series with its columns, scaled; of encoded numbers with their inputs and targets as they are. */
  forecast: ForecastSpec;
}
