/** Metrics against scikit-learn, and focal losses against Keras 3: goldens/generate-metrics.py made the numbers. */
import * as tf from '@tensorflow/tfjs-core';
import '@unroll/backend/gradients.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import fc from 'fast-check';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import golden from '../../goldens/metrics.json' with { type: 'json' };
import { byRows } from './batch-scoring.ts';
import { classify } from './classify.ts';
import { forecast, forecastSpec } from './forecast.ts';
import { type GatheredMetricName, gatheredMetrics } from './gathered-metrics.ts';
import { generate } from './generate.ts';
import { areaUnderRoc, averagePrecision } from './ranking.ts';
import type { AnyTask } from './registry.ts';
import { binaryFocal, categoricalFocal, rowLossOf } from './training-loss.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const vector = (features: number) => ({ kind: 'vector', features }) as const;
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const names = ['a', 'b', 'c', 'd'];
const several = byRows(classify({ type: 'classify', labels: names, multiLabel: false }, vector(4)));
const independent = byRows(classify({ type: 'classify', labels: names, multiLabel: true }, vector(4)));
const two = byRows(classify({ type: 'classify', labels: ['no', 'yes'], multiLabel: false }, vector(1)));
const column = { name: 'y', mean: 0, scale: 1 };
const numbers = byRows(forecast(v.parse(forecastSpec, { type: 'forecast', horizon: 4, inputs: [], targets: [column] }), vector(4)));

/** The metrics of rows, gathered in two parts. */
function metricsOf(task: AnyTask, wanted: readonly GatheredMetricName[], rows: readonly { outputs: number[]; target: number[] }[]) {
  const { gatherers, metrics } = gatheredMetrics(task, wanted);
  return Object.fromEntries(
    Object.entries(metrics).map(([name, { from, value }]) => {
      const gathered = rows.flatMap(({ outputs, target }) => [
        ...(gatherers[from]?.row(Float32Array.from(outputs), Float32Array.from(target)) ?? []),
      ]);
      return [name, value(Float32Array.from(gathered))];
    }),
  );
}

function expectGolden(actual: Record<string, number>, expected: Record<string, number>) {
  for (const [name, value] of Object.entries(actual)) expect(Math.abs(value - (expected[name] ?? Number.NaN)), name).toBeLessThan(1e-6);
}

const averaged = (['macro', 'micro', 'weighted'] as const).flatMap((average) =>
  (['Precision', 'Recall', 'F1'] as const).map((measure) => `${average}${measure}` as const),
);
const rowsOf = (outputs: (row: number[]) => number[], target: (i: number) => number[]) =>
  golden.logits.map((row, i) => ({ outputs: outputs(row), target: target(i) }));

describe('as scikit-learn', () => {
  test('several classes', () => {
    const rows = rowsOf(
      (row) => row.map(Math.exp),
      (i) => [golden.classes[i] as number],
    );
    expectGolden(metricsOf(several, averaged, rows), golden.multiClass);
    const untied = rows.map((row, i) => ({ ...row, outputs: names.map((_, c) => Math.exp(Math.sin(i * 1.3 + c * 2.1))) }));
    expectGolden(metricsOf(several, ['top2', 'top3'], untied), golden.multiClass);
  });
  test('independent labels', () => {
    const rows = rowsOf(
      (row) => row.map(sigmoid),
      (i) => golden.labels[i] as number[],
    );
    expectGolden(metricsOf(independent, [...averaged, 'auc', 'averagePrecision'], rows), golden.multiLabel);
  });
  test('two labels', () => {
    const rows = rowsOf(
      ([first = 0]) => [sigmoid(first)],
      (i) => [Number((golden.classes[i] as number) > 1)],
    );
    const { macroF1, weightedRecall, auc, averagePrecision } = metricsOf(
      two,
      ['macroF1', 'weightedRecall', 'auc', 'averagePrecision'],
      rows,
    );
    expectGolden({ macroF1, weightedRecall, auc, averagePrecision } as Record<string, number>, golden.binary);
  });
  test('R² of numbers', () => {
    const rows = rowsOf(
      (row) => row,
      (i) => (golden.labels[i] as number[]).map((label) => label + (golden.classes[i] as number) * 0.5),
    );
    expect(metricsOf(numbers, ['r2'], rows).r2).toBeCloseTo(golden.r2, 5);
  });
});

describe('ranking', () => {
  const rows = fc.array(fc.record({ score: fc.integer({ min: 0, max: 6 }), positive: fc.boolean() }), { minLength: 1, maxLength: 30 });

  test('the area under the ROC curve is the share of pairs in the right order', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const [yes, no] = [given.filter(({ positive }) => positive), given.filter(({ positive }) => !positive)];
        const pairs = yes.flatMap((a) => no.map((b) => (a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0)));
        const expected = pairs.reduce<number>((sum, value) => sum + value, 0) / pairs.length;
        if (pairs.length === 0) expect(areaUnderRoc(given)).toBeNaN();
        else expect(areaUnderRoc(given)).toBeCloseTo(expected, 12);
      }),
    );
  });

  test('NaN among the scores stays NaN, and outputs that are not finite are no hit', () => {
    const given = [
      { score: Number.NaN, positive: true },
      { score: 1, positive: false },
    ];
    expect([areaUnderRoc(given), averagePrecision(given)]).toEqual([Number.NaN, Number.NaN]);
    const row = { outputs: [Number.NaN, 0, 0, 0], target: [0] };
    expect(metricsOf(several, ['microF1', 'top2'], [row])).toEqual({ microF1: 0, top2: 0 });
  });
});

test('a metric that the task does not have is refused', () => {
  const writer = byRows(generate({ kind: 'sequence', features: 5 }, true));
  expect(() => gatheredMetrics(writer, ['macroF1'])).toThrow(
    "training.metrics: 'macroF1' needs classes, which task 'generate' does not have",
  );
  expect(() => gatheredMetrics(several, ['auc'])).toThrow('needs two labels, or labels that are independent (multiLabel)');
  expect(() => gatheredMetrics(several, ['r2'])).toThrow('needs numbers to predict');
  expect(() => gatheredMetrics(several, ['mase'])).toThrow('needs numbers over time');
  expect(() => gatheredMetrics(numbers, ['top5'])).toThrow('needs one class of several as the target');
});

describe('focal losses are those of Keras', () => {
  const classes = () => tf.tensor2d(golden.classes, [golden.classes.length, 1]);
  const labels = () => tf.tensor2d(golden.labels);
  const cases = [
    ['binary', binaryFocal({ gamma: 2 }), labels, golden.focal.binary],
    ['binary with class balancing', binaryFocal({ gamma: 1.5, alpha: 0.3 }), labels, golden.focal.balanced],
    ['categorical', categoricalFocal({ gamma: 2, alpha: 0.25 }), classes, golden.focal.categorical],
  ] as const;
  test.each(cases)('%s', (_, loss, targets, expected) => {
    const values = loss(tf.tensor2d(golden.logits), targets()).dataSync();
    for (const [i, value] of expected.entries()) expect(Math.abs((values[i] as number) - value)).toBeLessThan(2e-6);
  });

  test('and their gradients are central differences', () => {
    const plain = (x: number[], y: number[]) =>
      x.reduce((sum, value, i) => {
        const t = y[i] as number;
        const p = sigmoid(value);
        const likelihood = t * p + (1 - t) * (1 - p);
        return sum + ((0.3 * t + 0.7 * (1 - t)) * (1 - likelihood) ** 1.5 * -Math.log(likelihood)) / x.length;
      }, 0);
    const [row, target] = [golden.logits[3] as number[], golden.labels[3] as number[]];
    const loss = binaryFocal({ gamma: 1.5, alpha: 0.3 });
    const gradient = tf
      .grad((x: tf.Tensor) => tf.sum(loss(x as tf.Tensor2D, tf.tensor2d([target]))))(tf.tensor2d([row]))
      .dataSync();
    const soft = categoricalFocal({ gamma: 1.5 });
    const ofClasses = (x: number[]) => {
      const sum = x.reduce((all, value) => all + Math.exp(value), 0);
      const p = Math.exp(x[2] as number) / sum;
      return (1 - p) ** 1.5 * -Math.log(p);
    };
    const softGradient = tf
      .grad((x: tf.Tensor) => tf.sum(soft(x as tf.Tensor2D, tf.tensor2d([[2]]))))(tf.tensor2d([row]))
      .dataSync();
    for (const i of row.keys()) {
      const difference = (f: (x: number[]) => number) =>
        (f(row.with(i, (row[i] as number) + 1e-5)) - f(row.with(i, (row[i] as number) - 1e-5))) / 2e-5;
      expect(Math.abs((gradient[i] as number) - difference((x) => plain(x, target)))).toBeLessThan(1e-5);
      expect(Math.abs((softGradient[i] as number) - difference(ofClasses))).toBeLessThan(1e-5);
    }
  });
});

test('a loss to train with must fit the task and its other options', () => {
  expect(() => rowLossOf(numbers, { type: 'focal', gamma: 2 }, {})).toThrow(
    "task 'forecast': training.loss 'focal' is for classes; remove it",
  );
  expect(() => rowLossOf(several, { type: 'huber', delta: 1 }, {})).toThrow("training.loss 'huber' is for numbers");
  expect(() => rowLossOf(several, { type: 'focal', gamma: 2 }, { labelSmoothing: 0.1 })).toThrow(
    'does not combine with training.labelSmoothing',
  );
  const loss = rowLossOf(numbers, { type: 'huber', delta: 2 }, {});
  expect(loss(tf.tensor2d([[0, 0, 0, 0]]), tf.tensor2d([[1, 4, 0, 0]])).dataSync()[0]).toBeCloseTo((0.5 + 2 * (4 - 2) + 2) / 4, 6);
});
