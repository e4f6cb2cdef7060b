import { checkSeries, type Series } from '@unroll/datasets/series.ts';
import { loadSeriesFile } from '@unroll/datasets/series-file.ts';
import { seriesFeatures, seriesTargets } from '@unroll/model/series-features.ts';
import type { TableFormat } from '@unroll/model/spec.ts';
import { onlyInputOf } from '@unroll/model/spec.ts';
import { type ForecastSpec, forecastFeatures, forecastSpec, forecastUnits } from '@unroll/model/tasks/forecast.ts';
import { onlyTaskOf } from '@unroll/model/tasks/registry.ts';
import { didYouMean } from '@unroll/schema/explain.ts';
import * as v from 'valibot';
import type { DataSpec } from '../recipe/data-spec.ts';
import { meanAndDeviation, nothingKnown, type PreparedData, splitSummary } from './prepared-data.ts';
import { toShared } from './sequences.ts';
import { levelsApart, membersOf, shortMembers, stretchesOf, windowsIn } from './series-windows.ts';

type SeriesSpec = Extract<DataSpec, { type: 'series' }>;

export interface PreparedSeries extends PreparedData {
  series: Series;
  /** The last row that sample i reads. */
  lastRowOf(sample: number): number;
  /** The first row of sample i's series. */
  firstRowOf(sample: number): number;
  /** Of each target: the mean |y_t - y_{t-1}| of the training rows, scaled. */
  naiveErrors: number[];
}

/**
 * Numbers over time. A sample is a window of `context` rows; its target is the `horizon` rows after it. Training, validation and test follow
 * each other in time and begin at the same moments in every series. No target reaches into the next part, and no window into another
 * series. Columns are scaled by the training rows.
 * @throws if a column is missing or the series is too short.
 */
export function prepareSeries(data: SeriesSpec): PreparedSeries {
  const { context, horizon, inputs, known, targets, relative, distribution } = data;
  const quantiles = distribution && data.quantiles.length === 0 ? [0.1, 0.5, 0.9] : data.quantiles;
  const series = typeof data.load === 'function' ? data.load() : fromFile(data.load, [...inputs, ...known, ...targets]);
  checkSeries(series);
  const rows = series.time.length;
  checkNamed(series, [...inputs, ...known, ...targets]);
  const windows = rows - context - horizon + 1;
  if (windows < 3) throw new Error(`series '${series.name}': ${rows} rows are too few for windows of ${context} and ${horizon} more`);

  const cut = stretchesOf(series, data);
  const split = windowsIn(series, cut, data);
  function* trained(name: string) {
    for (const { train } of cut) yield* (series.columns[name] as Float64Array).subarray(...train);
  }
  const scaling = (name: string) => ({ name, ...meanAndDeviation(() => trained(name)) });
  const forecast: ForecastSpec = v.parse(forecastSpec, {
    type: 'forecast',
    horizon,
    quantiles,
    relative,
    distribution,
    inputs: inputs.map(scaling),
    known: known.map(scaling),
    targets: targets.map(distribution === 'negativeBinomial' ? countScaling : scaling),
  });
  /** Counts keep their zero: they are divided by their mean. */
  function countScaling(name: string) {
    const wrong = (series.columns[name] as Float64Array).findIndex((value) => !Number.isInteger(value) || value < 0);
    if (wrong >= 0) {
      const value = series.columns[name]?.[wrong];
      throw new Error(
        `series '${series.name}': a negative binomial distribution is of counts, but row ${wrong + 1} of '${name}' is ${value}`,
      );
    }
    return { name, mean: 0, scale: Math.max(meanAndDeviation(() => trained(name)).mean, 1) };
  }
  function naiveError(name: string): number {
    let [sum, count] = [0, 0];
    for (const { train } of cut) {
      const values = (series.columns[name] as Float64Array).subarray(...train);
      for (let i = 1; i < values.length; i++) sum += Math.abs((values[i] as number) - (values[i - 1] as number));
      count += Math.max(0, values.length - 1);
    }
    return sum / count;
  }
  const steps = rows - horizon;
  const features = forecastFeatures(forecast);
  return {
    series,
    split,
    ...(typeof data.load !== 'function' && { input: { type: 'features', table: tableFormat(data.load) } }),
    known: { ...nothingKnown, features, units: forecastUnits(forecast), forecast },
    summary: `${splitSummary(split, 'windows')} of ${context} steps, ${horizon} ahead`,
    source: series.source,
    warnings: [
      ...(series.notes ?? []),
      ...shortMembers(series, context + horizon),
      ...levelsApart(series, context + horizon, forecast.targets),
    ],
    lastRowOf: (sample) => sample + context - 1,
    naiveErrors: forecast.targets.map(({ name, scale }) => naiveError(name) / scale),
    firstRowOf: (sample) => membersOf(series).find(({ end }) => sample < end)?.start ?? 0,
    encode({ spec }) {
      const [input, task] = [onlyInputOf(spec), onlyTaskOf(spec)];
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
          inputs: toShared(seriesFeatures(read, series.columns, { steps })),
          features: forecastFeatures(read),
          starts: toShared(Int32Array.from({ length: windows }, (_, i) => i)),
          lengths: toShared(new Int32Array(windows).fill(context)),
          targets: toShared(seriesTargets(read, series.columns, steps)),
          targetsOf: 'step',
          targetWidth: read.horizon * read.targets.length,
        },
      };
    },
  };
}

function checkNamed({ name, columns }: Series, wanted: readonly string[]): void {
  const present = Object.keys(columns);
  const missing = wanted.find((column) => !present.includes(column));
  if (missing !== undefined) throw new Error(`series '${name}' has no column '${missing}'.${didYouMean(missing, present)}`);
}

/** The table's format, for the model's artifact. */
function tableFormat({ numbers, time, series }: Exclude<SeriesSpec['load'], () => Series>): TableFormat {
  return { ...(numbers && { numbers }), ...(time !== undefined && { time }), ...(series !== undefined && { series }) };
}

function fromFile({ path, ...options }: Exclude<SeriesSpec['load'], () => Series>, columns: readonly string[]): Series {
  return loadSeriesFile(path, { ...options, columns: [...new Set(columns)] });
}
