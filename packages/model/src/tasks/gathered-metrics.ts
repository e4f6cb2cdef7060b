/** Metrics that are no mean over rows. They are computed from rows gathered in one place, so they are exact for any number of workers. */
import * as v from 'valibot';
import { averageScores } from './average-scores.ts';
import { type ClassCounts, type ClassScores, percent } from './metrics.ts';
import { areaUnderRoc, averagePrecision, type Ranked } from './ranking.ts';
import type { AnyTask } from './registry.ts';
import type { Metric } from './task.ts';

const averages = ['macro', 'micro', 'weighted'] as const;
const measures = ['Precision', 'Recall', 'F1'] as const;
type Averaged = `${(typeof averages)[number]}${(typeof measures)[number]}`;

/** Names of `training.metrics`. auc is of the ROC curve; mase is the mean absolute error over that of repeating the last value; top5 is the share of rows whose class is among the five most probable ones. */
export const gatheredMetricName = v.picklist([
  'auc',
  'averagePrecision',
  ...averages.flatMap((average) => measures.map((measure): Averaged => `${average}${measure}`)),
  'top2',
  'top3',
  'top5',
  'top10',
  'r2',
  'mase',
]);
export type GatheredMetricName = v.InferOutput<typeof gatheredMetricName>;

/** What a row is reduced to, so that its outputs need not be sent. */
export interface Gatherer {
  /** Numbers of a row. */
  readonly width: number;
  /** From activated outputs and the target. */
  row(outputs: Float32Array, target: Float32Array): readonly number[];
}

export interface GatheredMetric extends Metric {
  /** The key of its gatherer. */
  readonly from: string;
  /** @param rows the numbers of all rows, row by row. */
  value(rows: Float32Array): number;
}

export interface GatheredMetrics {
  readonly gatherers: Readonly<Record<string, Gatherer>>;
  readonly metrics: Readonly<Record<string, GatheredMetric>>;
}

/**
 * @param naiveErrors for mase: of each target, the mean |y_t - y_{t-1}| of the training rows, scaled as the model has it.
 * @throws for a metric that the task does not have.
 */
export function gatheredMetrics(task: AnyTask, names: readonly GatheredMetricName[], naiveErrors: readonly number[] = []): GatheredMetrics {
  const found = names.map((name) => [name, metricOf(task, name, naiveErrors)] as const);
  return {
    gatherers: Object.fromEntries(found.map(([, { metric, gatherer }]) => [metric.from, gatherer])),
    metrics: Object.fromEntries(found.map(([name, { metric }]) => [name, metric])),
  };
}

interface Found {
  metric: GatheredMetric;
  gatherer: Gatherer;
}

function metricOf(task: AnyTask, name: GatheredMetricName, naiveErrors: readonly number[]): Found {
  const higher = { better: 'higher', format: percent } as const;
  const refused = (needs: string) =>
    new Error(`training.metrics: '${name}' needs ${needs}, which task '${task.type}' does not have; remove it`);
  if (name === 'auc' || name === 'averagePrecision') {
    const gatherer = scoresOf(task);
    if (!gatherer) throw refused('two labels, or labels that are independent (multiLabel)');
    const of = name === 'auc' ? areaUnderRoc : averagePrecision;
    return { gatherer, metric: { ...higher, from: 'scores', value: (rows) => meanOfLabels(rows, gatherer.width / 2, of) } };
  }
  if (name === 'r2') {
    const gatherer = valuesOf(task);
    if (!gatherer) throw refused('numbers to predict');
    const format = (value: number) => value.toFixed(3);
    return { gatherer, metric: { better: 'higher', format, from: 'values', value: (rows) => rSquared(rows, gatherer.width / 2) } };
  }
  if (name === 'mase') {
    const gatherer = task.type === 'forecast' ? valuesOf(task) : undefined;
    if (!gatherer) throw refused('numbers over time');
    const format = (value: number) => value.toFixed(3);
    const value = (rows: Float32Array) => scaledError(rows, gatherer.width / 2, naiveErrors);
    return { gatherer, metric: { better: 'lower', format, from: 'values', value } };
  }
  if (name.startsWith('top')) {
    const gatherer = ranksOf(task);
    if (!gatherer) throw refused('one class of several as the target');
    const k = Number(name.slice(3));
    return { gatherer, metric: { ...higher, from: 'ranks', value: (rows) => rows.filter((rank) => rank < k).length / rows.length } };
  }
  const gatherer = classesOf(task);
  if (!gatherer) throw refused('classes');
  const [, average, measure] = /^(macro|micro|weighted)(.*)$/.exec(name) as unknown as [string, (typeof averages)[number], string];
  const key = measure.toLowerCase() as keyof ClassScores;
  return {
    gatherer,
    metric: { ...higher, from: 'classes', value: (rows) => averageScores(countsOf(task, rows, gatherer.width), average)[key] },
  };
}

/** The number of labels of a task with independent ones. */
const independentLabels = (task: AnyTask) => (task.type === 'classify' && !task.classOf ? task.labels.length : undefined);

/** A score and the truth, 0 or 1, for each label. */
function scoresOf(task: AnyTask): Gatherer | undefined {
  if (task.type !== 'classify') return undefined;
  if (!task.classOf) return { width: 2 * task.labels.length, row: (outputs, target) => [...outputs, ...target] };
  const { classOf } = task;
  if (task.labels.length !== 2) return undefined;
  return { width: 2, row: (outputs, target) => [outputs.at(-1) as number, classOf.target(target)] };
}

/** The mean over labels that have rows of both classes; NaN without one. */
function meanOfLabels(rows: Float32Array, labels: number, of: (rows: readonly Ranked[]) => number): number {
  const values = Array.from({ length: labels }, (_, label) => {
    const ranked: Ranked[] = [];
    for (let at = 0; at < rows.length; at += 2 * labels) {
      ranked.push({ score: rows[at + label] as number, positive: (rows[at + labels + label] as number) > 0.5 });
    }
    const isMixed = ranked.some(({ positive }) => positive) && ranked.some(({ positive }) => !positive);
    return isMixed ? [of(ranked)] : [];
  }).flat();
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The class answered and the true one; for independent labels 0 or 1 of each. A class answered by outputs that are not finite is -1. */
function classesOf(task: AnyTask): Gatherer | undefined {
  if (task.type === 'classify' && task.classOf) {
    const { classOf } = task;
    return { width: 2, row: (outputs, target) => [outputs.every(Number.isFinite) ? classOf.outputs(outputs) : -1, classOf.target(target)] };
  }
  if (task.type === 'classify') {
    return { width: 2 * task.labels.length, row: (outputs, target) => [...outputs.map((value) => Number(value > 0.5)), ...target] };
  }
  if (task.type !== 'tag') return undefined;
  return {
    width: 2,
    row: (outputs, [target = 0]) => [outputs.every(Number.isFinite) ? outputs.indexOf(Math.max(...outputs)) : -1, target],
  };
}

/** Hits, answers and true rows of each class. */
function countsOf(task: AnyTask, rows: Float32Array, width: number): ClassCounts[] {
  const labels = independentLabels(task);
  const classes = 'labels' in task ? task.labels.length : 0;
  const counts = Array.from({ length: classes }, () => ({ hits: 0, answered: 0, support: 0 }));
  const add = (index: number, key: keyof ClassCounts) => {
    const count = counts[index];
    if (count) count[key]++;
  };
  for (let at = 0; at < rows.length; at += width) {
    const pairs = labels === undefined ? [[rows[at] as number, rows[at + 1] as number]] : [];
    for (const [answer, truth] of pairs as [number, number][]) {
      add(answer, 'answered');
      add(truth, 'support');
      if (answer === truth) add(answer, 'hits');
    }
    for (let label = 0; label < (labels ?? 0); label++) {
      const [answer, truth] = [rows[at + label] === 1, (rows[at + classes + label] as number) > 0.5];
      if (answer) add(label, 'answered');
      if (truth) add(label, 'support');
      if (answer && truth) add(label, 'hits');
    }
  }
  return counts;
}

/** How many classes are more probable than the true one; NaN outputs rank last. */
function ranksOf(task: AnyTask): Gatherer | undefined {
  const isIndexed = task.type === 'tag' || task.type === 'generate';
  const classOf = task.type === 'classify' ? task.classOf?.target : isIndexed ? ([id = 0]: Float32Array) => id : undefined;
  if (!classOf) return undefined;
  return {
    width: 1,
    row(outputs, target) {
      const own = outputs[classOf(target)] ?? Number.NaN;
      return [outputs.length - outputs.filter((value) => value <= own).length];
    },
  };
}

/** Answers, then true values. */
function valuesOf(task: AnyTask): Gatherer | undefined {
  if (task.type !== 'forecast' && task.type !== 'regress') return undefined;
  const width = task.targetWidth;
  return {
    width: 2 * width,
    row(outputs, target) {
      const values = task.type === 'forecast' ? task.valuesOf(outputs) : outputs;
      const levels = values.length / width;
      return [...Array.from({ length: width }, (_, i) => values[i * levels + (levels >> 1)] as number), ...target];
    },
  };
}

/** The mean absolute scaled error (Hyndman & Koehler, 2006), the mean over targets and steps ahead. NaN without the naive errors. */
function scaledError(rows: Float32Array, columns: number, naiveErrors: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < rows.length; at += 2 * columns) {
    for (let column = 0; column < columns; column++) {
      const error = Math.abs((rows[at + column] as number) - (rows[at + columns + column] as number));
      sum += error / (naiveErrors[column % naiveErrors.length] ?? Number.NaN);
    }
  }
  return sum / (rows.length / 2);
}

/** 1 - Σ(y - ŷ)² / Σ(y - mean y)² of each column, and their mean. As sklearn.metrics.r2_score: a constant column gives 1 if exact, else 0. */
function rSquared(rows: Float32Array, columns: number): number {
  const count = rows.length / (2 * columns);
  let total = 0;
  for (let column = 0; column < columns; column++) {
    const [answers, truths] = [column, columns + column].map((offset) =>
      Float64Array.from({ length: count }, (_, row) => rows[row * 2 * columns + offset] as number),
    ) as [Float64Array, Float64Array];
    const mean = truths.reduce((sum, value) => sum + value, 0) / count;
    const residual = truths.reduce((sum, value, i) => sum + (value - (answers[i] as number)) ** 2, 0);
    const spread = truths.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    total += spread > 0 ? 1 - residual / spread : residual === 0 ? 1 : 0;
  }
  return total / columns;
}
