import { loadSeriesFile } from '@unroll/datasets/number-file.ts';
import { checkSeries, type Series } from '@unroll/datasets/series.ts';
import { seriesFeatures, seriesTargets } from '@unroll/model/series-features.ts';
import { type ForecastSpec, forecastFeatures, forecastSpec, forecastUnits } from '@unroll/model/tasks/forecast.ts';
import { didYouMean } from '@unroll/schema/explain.ts';
import * as v from 'valibot';
import type { DataSpec } from '../recipe/data-spec.ts';
import { meanAndDeviation, nothingKnown, type PreparedData, splitInOrder, splitSummary } from './prepared-data.ts';
import { share } from './sequences.ts';

type SeriesSpec = Extract<DataSpec, { type: 'series' }>;

export interface PreparedSeries extends PreparedData {
  series: Series;
  /** The row of the series that sample i reads last. */
  lastRowOf(sample: number): number;
}

/**
 * Numbers over time: a sample is a window of `context` rows with the `horizon` rows after it as its target. Parts follow each other in
 * time, and no part's targets reach into the next one. Columns are scaled by what is seen in training.
 * @throws an error that names the column that is not there, or says that the series is too short.
 */
export function prepareSeries(data: SeriesSpec): PreparedSeries {
  const { context, horizon, inputs, known, targets, quantiles, relative } = data;
  const series = typeof data.load === 'function' ? data.load() : fromFile(data.load, [...inputs, ...known, ...targets]);
  checkSeries(series);
  const rows = series.time.length;
  const columns = Object.keys(series.columns);
  for (const name of [...inputs, ...known, ...targets]) {
    if (!columns.includes(name)) throw new Error(`series '${series.name}' has no column '${name}'.${didYouMean(name, columns)}`);
  }
  const windows = rows - context - horizon + 1;
  if (windows < 3) throw new Error(`series '${series.name}': ${rows} rows are too few for windows of ${context} and ${horizon} more`);

  const whole = splitInOrder(rows, data, 'rows');
  /** Windows whose targets all lie in a part. */
  const within = (part: Int32Array) => {
    const first = Math.max(0, (part[0] as number) - context);
    const last = (part.at(-1) as number) - horizon - context + 1;
    return Int32Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  };
  const split = { train: within(whole.train), validation: within(whole.validation), test: within(whole.test) };
  for (const [part, samples] of Object.entries(split)) {
    if (samples.length === 0)
      throw new Error(`series '${series.name}': no window for ${part}; give more rows, other shares or a shorter horizon`);
  }

  const scaling = (name: string) => ({
    name,
    ...meanAndDeviation(() => (series.columns[name] as Float64Array).subarray(0, whole.train.length)),
  });
  const forecast: ForecastSpec = v.parse(forecastSpec, {
    ...{ type: 'forecast', horizon, quantiles, relative },
    ...{ inputs: inputs.map(scaling), known: known.map(scaling), targets: targets.map(scaling) },
  });
  const steps = rows - horizon;
  const features = forecastFeatures(forecast);
  return {
    series,
    split,
    known: { ...nothingKnown, features, units: forecastUnits(forecast), forecast },
    summary: `${splitSummary(split, 'windows')} of ${context} steps, ${horizon} ahead`,
    source: series.source,
    warnings: [],
    lastRowOf: (sample) => sample + context - 1,
    encode({ spec: { input, task } }) {
      if (context > input.maxLength) {
        const remedy = `make input.maxLength ${context}`;
        throw new Error(`series '${series.name}': data.context is ${context}, but the model reads ${input.maxLength} steps; ${remedy}`);
      }
      const read = task.type === 'forecast' ? task : forecast;
      if (read.horizon !== horizon) {
        throw new Error(`series '${series.name}': data.horizon is ${horizon}, but the model's task forecasts ${read.horizon} steps`);
      }
      return {
        sequences: {
          inputs: share(seriesFeatures(read, series.columns, { steps })),
          features: forecastFeatures(read),
          starts: share(Int32Array.from({ length: windows }, (_, i) => i)),
          lengths: share(new Int32Array(windows).fill(context)),
          targets: share(seriesTargets(read, series.columns, steps)),
          targetsOf: 'step',
          targetWidth: read.horizon * read.targets.length,
        },
      };
    },
  };
}

function fromFile({ path, format, time }: Exclude<SeriesSpec['load'], () => Series>, columns: readonly string[]): Series {
  return loadSeriesFile(path, [...new Set(columns)], time, format);
}
