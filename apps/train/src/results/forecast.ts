import { createPredictor } from '@unroll/model/predictor.ts';
import type { ForecastTask } from '@unroll/model/tasks/forecast.ts';
import { html } from 'hono/html';
import type { Prepared } from '../data/prepare.ts';
import type { PreparedSeries } from '../data/series.ts';
import { type Chart, chartFigure } from '../page/chart.ts';
import type { HeldOut } from '../training/held-out.ts';
import { type Contender, medianMilliseconds } from './contenders.ts';
import type { Section, TaskResults } from './task-results.ts';

/** Forecasts and actual values, by steps ahead; the rival is persistence. */
export function forecastResults(prepared: Prepared, task: ForecastTask, test: HeldOut | undefined): TaskResults {
  const { data } = prepared;
  if (data.type !== 'series') return { unit: 'sample', time: () => Number.NaN, rivals: () => [], sections: () => [] };
  return {
    unit: 'forecast',
    time({ artifact }) {
      const predictor = createPredictor(artifact);
      const { test: samples } = data.split;
      const time = medianMilliseconds(samples.length, (i) => predictor.predict([columnsUpTo(data, task, samples[i] as number)]));
      predictor.dispose();
      return time;
    },
    rivals: () => [persistence(data, task)],
    sections: (candidates) => sectionsOf(data, { ...task, spec: { ...task.spec, ...calibrationOf(candidates[0]?.artifact.spec) } }, test),
  };
}

const calibrationOf = (spec: unknown) => {
  const { calibration } = (spec as { task?: { calibration?: number[] } } | undefined)?.task ?? {};
  return calibration ? { calibration } : {};
};

/** The columns known at the sample's last row. */
function columnsUpTo(
  { series, firstRowOf, lastRowOf }: PreparedSeries,
  { spec }: ForecastTask,
  sample: number,
): Record<string, Float64Array> {
  const [from, to] = [firstRowOf(sample), lastRowOf(sample) + 1];
  const known = new Set(spec.known.map(({ name }) => name));
  const names = [...spec.inputs.map(({ name }) => name), ...known];
  return Object.fromEntries(
    names.map((name) => [name, (series.columns[name] as Float64Array).subarray(from, known.has(name) ? to + spec.horizon : to)]),
  );
}

/** Persistence: every later step repeats the last value. */
function persistence(data: PreparedSeries, { spec }: ForecastTask): Contender {
  const scores = spec.targets.flatMap(({ name }) => {
    const errors = Array.from({ length: spec.horizon }, (_, h) => persistenceError(data, name, h));
    return [[`MAE ${name}`, mean(errors)] as const, [`MAE ${name} +1`, errors[0] as number] as const];
  });
  return { name: 'persistence', scores: Object.fromEntries(scores) };
}

function persistenceError({ series, split, lastRowOf }: PreparedSeries, target: string, h: number): number {
  const values = series.columns[target] as Float64Array;
  return mean(
    Array.from(split.test, (sample) => Math.abs((values[lastRowOf(sample) + 1 + h] as number) - (values[lastRowOf(sample)] as number))),
  );
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The actual values and the forecasts of one target and horizon, one for each test sample. */
interface Track {
  time: string[];
  actual: number[];
  middle: number[];
  low: number[];
  high: number[];
}

function trackOf(
  { series, split, lastRowOf }: PreparedSeries,
  task: ForecastTask,
  outputs: Float32Array,
  target: string,
  h: number,
): Track {
  const units = outputs.length / split.test.length;
  const track: Track = { time: [], actual: [], middle: [], low: [], high: [] };
  const calibration = task.spec.calibration ?? [];
  for (const [i, sample] of split.test.entries()) {
    const row = lastRowOf(sample) + 1 + h;
    const given = outputs.slice(i * units, (i + 1) * units).map((value, unit) => value + (calibration[unit] ?? 0));
    const last = task.spec.targets.map(({ name }) => (series.columns[name] as Float64Array)[lastRowOf(sample)] as number);
    const values = task.decode(given, task.spec.relative ? last : undefined).forecast[target]?.[h] as number[];
    track.time.push(series.time[row] as string);
    track.actual.push((series.columns[target] as Float64Array)[row] as number);
    track.middle.push(values[values.length >> 1] as number);
    track.low.push(values[0] as number);
    track.high.push(values.at(-1) as number);
  }
  return track;
}

function trackChart(id: string, { time, actual, middle, low, high }: Track, interval: boolean): Chart {
  const edges = [
    { label: 'to', values: high },
    { label: 'from', values: low },
  ];
  const tracks = [
    { label: 'actual', values: actual, color: 'ink', thin: true },
    { label: 'forecast', values: middle, color: 'accent' },
  ] as const;
  const x = { x: time.map((_, i) => i), xLabel: 'time', xNames: time };
  return interval ? { id, ...x, lines: [...edges, ...tracks], band: [0, 1] } : { id, ...x, lines: tracks };
}

function sectionsOf(data: PreparedSeries, task: ForecastTask, test: HeldOut | undefined): Section[] {
  const { targets, horizon, quantiles } = task.spec;
  const outputs = test?.outputs as Float32Array;
  const interval = quantiles.length > 1;
  const charts: Section[] = targets.map(({ name }, i) => {
    const chart = trackChart(`forecast-${i}`, trackOf(data, task, outputs, name, 0), interval);
    return {
      title: `${name}, one step ahead`,
      body: chartFigure(chart, interval ? 'Actual values, forecasts and the interval' : 'Actual values and forecasts'),
      chart,
    };
  });
  const head = interval ? html`<th>inside the interval</th><th>its mean width</th>` : '';
  const rows = targets.flatMap(({ name }) =>
    Array.from({ length: horizon }, (_, h) => {
      const { actual, middle, low, high } = trackOf(data, task, outputs, name, h);
      const error = mean(actual.map((value, i) => Math.abs(value - (middle[i] as number))));
      const inside = mean(actual.map((value, i) => (value >= (low[i] as number) && value <= (high[i] as number) ? 1 : 0)));
      const width = mean(high.map((value, i) => value - (low[i] as number)));
      const held = interval ? html`<td>${(inside * 100).toFixed(1)} %</td><td>${width.toFixed(2)}</td>` : '';
      return html`<tr><th scope="row">${name}</th><td>${h + 1}</td><td>${error.toFixed(3)}</td><td>${persistenceError(data, name, h).toFixed(3)}</td>${held}</tr>`;
    }),
  );
  const body = html`<table class="numbers"><thead><tr><th>target</th><th>steps ahead</th><th>mean absolute error</th><th>persistence's error</th>${head}</tr></thead><tbody>${rows}</tbody></table>`;
  return [...charts, { title: 'By steps ahead', body }];
}
