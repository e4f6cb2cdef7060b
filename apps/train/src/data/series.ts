import { checkSeries, type Series, type SeriesPart } from '@unroll/datasets/series.ts';
import { loadSeriesFile } from '@unroll/datasets/series-file.ts';
import type { Split } from '@unroll/datasets/split.ts';
import { seriesFeatures, seriesTargets } from '@unroll/model/series-features.ts';
import type { TableFormat } from '@unroll/model/spec.ts';
import { type ForecastSpec, forecastFeatures, forecastSpec, forecastUnits } from '@unroll/model/tasks/forecast.ts';
import { didYouMean } from '@unroll/schema/explain.ts';
import * as v from 'valibot';
import type { DataSpec } from '../recipe/data-spec.ts';
import { count, meanAndDeviation, nothingKnown, type PreparedData, splitInOrder, splitSummary } from './prepared-data.ts';
import { toShared } from './sequences.ts';

type SeriesSpec = Extract<DataSpec, { type: 'series' }>;

export interface PreparedSeries extends PreparedData {
  series: Series;
  /** The row that sample i reads last. */
  lastRowOf(sample: number): number;
  /** The first row of the series that sample i lies in. */
  firstRowOf(sample: number): number;
}

/**
 * Numbers over time: a sample is a window of `context` rows with the `horizon` rows after it as its target. Training, validation and test
 * follow each other in time, at the same moments in every series; no target reaches into the next of them, and no window into another
 * series. Columns are scaled by the training rows.
 * @throws an error that names the column that is missing, or says that the series is too short.
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

  const members = series.parts ?? [{ name: series.name, start: 0, end: rows }];
  const stretches = members.map((member) => stretchesOf(member, series, data));
  const split = windowsIn(stretches, context, horizon);
  for (const [part, samples] of Object.entries(split)) {
    if (samples.length === 0) {
      const most = members.reduce((longest, { start, end }) => Math.max(longest, end - start), 0);
      const remedy = 'give more rows, a shorter context or horizon, or other shares';
      throw new Error(`series '${series.name}': ${count(most)} rows leave no window of ${context} and ${horizon} for ${part}; ${remedy}`);
    }
  }

  function* trained(name: string) {
    for (const { train } of stretches) yield* (series.columns[name] as Float64Array).subarray(...train);
  }
  const scaling = (name: string) => ({ name, ...meanAndDeviation(() => trained(name)) });
  const forecast: ForecastSpec = v.parse(forecastSpec, {
    type: 'forecast',
    horizon,
    quantiles,
    relative,
    inputs: inputs.map(scaling),
    known: known.map(scaling),
    targets: targets.map(scaling),
  });
  const steps = rows - horizon;
  const features = forecastFeatures(forecast);
  return {
    series,
    split,
    ...(typeof data.load !== 'function' && { input: { type: 'features', table: tableFormat(data.load) } }),
    known: { ...nothingKnown, features, units: forecastUnits(forecast), forecast },
    summary: `${splitSummary(split, 'windows')} of ${context} steps, ${horizon} ahead`,
    source: series.source,
    warnings: [...(series.notes ?? []), ...shortMembers(series, context + horizon)],
    lastRowOf: (sample) => sample + context - 1,
    firstRowOf: (sample) => members.find(({ end }) => sample < end)?.start ?? 0,
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

/** How the file is written, for the model's artifact. */
function tableFormat({ numbers, time, series }: Exclude<SeriesSpec['load'], () => Series>): TableFormat {
  return { ...(numbers && { numbers }), ...(time !== undefined && { time }), ...(series !== undefined && { series }) };
}

function fromFile({ path, ...options }: Exclude<SeriesSpec['load'], () => Series>, columns: readonly string[]): Series {
  return loadSeriesFile(path, { ...options, columns: [...new Set(columns)] });
}

/** First row and the row after the last, of each part of a split. */
type Stretches = Record<keyof Split, [from: number, to: number]>;

/** The rows of a series that belong to each part: a share of its rows, or those before the same moments as in the other series. */
function stretchesOf({ start, end }: SeriesPart, { instants, parts }: Series, shares: { validation: number; test: number }): Stretches {
  const all = parts && instants ? instants.toSorted() : undefined;
  const cuts = splitInOrder(all?.length ?? end - start, shares, 'rows');
  const cutAt = (part: Int32Array) => {
    const [first = 0] = part;
    if (!all || !instants) return start + first;
    const moment = all[first] as number;
    const index = instants.subarray(start, end).findIndex((instant) => instant >= moment);
    return index < 0 ? end : start + index;
  };
  const [validation, test] = [cutAt(cuts.validation), cutAt(cuts.test)];
  return { train: [start, validation], validation: [validation, test], test: [test, end] };
}

/** The first rows of the windows whose targets all lie in a part. */
function windowsIn(stretches: readonly Stretches[], context: number, horizon: number): Split {
  const within = (part: keyof Split) =>
    Int32Array.from(
      stretches.flatMap((own) => {
        const [from, to] = own[part];
        const first = Math.max(own.train[0], from - context);
        return Array.from({ length: Math.max(0, to - horizon - context - first + 1) }, (_, i) => first + i);
      }),
    );
  return { train: within('train'), validation: within('validation'), test: within('test') };
}

function shortMembers({ name, parts = [] }: Series, needed: number): string[] {
  const short = parts.filter(({ start, end }) => end - start < needed);
  const [first] = short;
  if (!first) return [];
  return [
    `${name}: ${count(short.length)} series have fewer than ${needed} rows, too few for a window, and are left out (the first: '${first.name}')`,
  ];
}
