import * as tf from '@tensorflow/tfjs-core';
import { finite, float32, positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { Shape } from '../layers/layer.ts';
import { finiteRows } from './hits.ts';
import { type Loss, meanSquaredError, pinball } from './losses.ts';
import { percent } from './metrics.ts';
import { scaledColumn } from './scaled-column.ts';
import { type DecodingTask, refuseClassOptions } from './task.ts';

export const forecastSpec = v.strictObject({
  type: v.literal('forecast'),
  /** How many steps ahead to forecast. */
  horizon: positiveInt,
  /** Columns that the model reads at each step, in this order. */
  inputs: v.array(scaledColumn),
  /** Columns known in advance, such as a calendar. Each step reads their values at the `horizon` steps after it. */
  known: v.optional(v.array(scaledColumn), []),
  /** Columns to forecast. */
  targets: v.pipe(v.array(scaledColumn), v.minLength(1)),
  /** Forecast the change from the last value read, instead of the value. */
  relative: v.optional(v.boolean(), false),
  /** In rising order, for example [0.1, 0.5, 0.9]. Without quantiles the model forecasts the mean, by squared error. */
  quantiles: v.optional(
    v.pipe(
      v.array(v.pipe(finite, v.gtValue(0), v.ltValue(1))),
      v.check((levels) => levels.every((level, i) => i === 0 || level > (levels[i - 1] as number)), 'quantiles must rise'),
    ),
    [],
  ),
  /** Added to the scaled outputs [horizon, targets, quantiles], so that intervals cover as much of held-out data as they claim. */
  calibration: v.optional(v.array(float32)),
});
export type ForecastSpec = v.InferOutput<typeof forecastSpec>;

export const forecastAnswer = v.strictObject({
  /** For each target and each step of the horizon: the value of each quantile, or the mean alone, in the target's units. */
  forecast: v.record(v.string(), v.array(v.array(finite))),
  quantiles: v.array(finite),
});
export type Forecast = v.InferOutput<typeof forecastAnswer>;

export interface ForecastTask extends DecodingTask<Forecast> {
  readonly type: 'forecast';
  /** @param last each target's value at the last step read; a relative forecast needs it. */
  decode(outputs: Float32Array, last?: readonly number[]): Forecast;
  readonly spec: ForecastSpec;
}

/** Floats that the model reads at each step. */
export const forecastFeatures = ({ inputs, known, horizon }: Pick<ForecastSpec, 'inputs' | 'known' | 'horizon'>) =>
  inputs.length + known.length * horizon;

/** Sorts quantiles that cross (Chernozhukov et al., 2010): [.., levels], the lowest first. */
function inOrder(quantiles: tf.Tensor4D): tf.Tensor4D {
  const levels = quantiles.shape[3];
  return levels === 1 ? quantiles : tf.reverse(tf.topk(quantiles, levels).values, 3);
}

/** Units of the model's last layer: [horizon, targets, quantiles]. */
export const forecastUnits = ({ horizon, targets, quantiles }: Pick<ForecastSpec, 'horizon' | 'targets' | 'quantiles'>) =>
  horizon * targets.length * Math.max(1, quantiles.length);

/**
 * Forecasts of columns of numbers: quantiles by the pinball loss (Koenker & Bassett, 1978), or the mean. A model whose output is a
 * vector forecasts after its last step; one whose output is a sequence forecasts after every step.
 * A target is the scaled values of the next `horizon` steps, [horizon, targets].
 * @throws if the model's output does not have that number of units.
 */
export function forecast(spec: ForecastSpec, output: Shape): ForecastTask {
  const { horizon, targets, quantiles, calibration, relative } = spec;
  const units = forecastUnits(spec);
  if (output.kind === 'ids' || output.features !== units) {
    const got = output.kind === 'ids' ? 'ids' : `${output.features}`;
    const wanted = `${units} units (${horizon} steps x ${targets.length} targets x ${Math.max(1, quantiles.length)} values)`;
    throw new Error(`task 'forecast': expected the last layer to give ${wanted}, got ${got}`);
  }
  if (calibration && calibration.length !== units) {
    throw new Error(`task 'forecast': expected ${units} numbers of calibration, got ${calibration.length}`);
  }
  const unread = relative && targets.find(({ name }) => !spec.inputs.some((input) => input.name === name));
  if (unread) throw new Error(`task 'forecast': relative targets must be among the inputs, '${unread.name}' is not`);
  const levels = Math.max(1, quantiles.length);
  const scales = targets.map(({ scale }) => scale);
  const loss: Loss = quantiles.length ? pinball(quantiles) : meanSquaredError;
  /** The level that counts as the forecast: the median, if there is one. */
  const middle = quantiles.length >> 1;
  const [lowest = 0] = quantiles;
  const hasInterval = quantiles.length > 1;
  const intervalName = `inside ${Math.round((quantiles.at(-1) ?? 1) * 100 - lowest * 100)} %`;

  return {
    type: 'forecast',
    spec,
    targets: output.kind === 'vector' ? 'sample' : 'step',
    targetWidth: horizon * targets.length,
    loss,
    trainingLoss(options) {
      refuseClassOptions('forecast', options);
      return loss;
    },
    activate: (outputs) => (calibration ? tf.add(outputs, tf.tensor1d(calibration)) : outputs),
    decode(outputs, last) {
      if (relative && !last) throw new Error("task 'forecast': outputs are changes of the targets, so decode needs their last values");
      const valueAt = (h: number, target: number) => {
        const { mean, scale } = targets[target] as ForecastSpec['targets'][number];
        const at = (h * targets.length + target) * levels;
        return Array.from(
          outputs.subarray(at, at + levels).toSorted(),
          (value) => value * scale + (relative ? (last?.[target] ?? Number.NaN) : mean),
        );
      };
      const steps = Array.from({ length: horizon }, (_, h) => h);
      return { forecast: Object.fromEntries(targets.map(({ name }, i) => [name, steps.map((h) => valueAt(h, i))])), quantiles };
    },
    rowScores(outputs, truth) {
      const [N] = outputs.shape;
      const byLevel = inOrder(tf.reshape(outputs, [N, horizon, targets.length, levels]));
      const actual = tf.reshape(truth, [N, horizon, targets.length]);
      const level = (i: number) => tf.squeeze(tf.slice(byLevel, [0, 0, 0, i], [N, horizon, targets.length, 1]), [3]);
      const errors = tf.mul(tf.abs(tf.sub(level(middle), actual)), tf.tensor1d(scales));
      const ofTarget = (i: number, steps = horizon) => tf.mean(tf.slice(errors, [0, 0, i], [N, steps, 1]), [1, 2]) as tf.Tensor1D;
      const inside = tf.logicalAnd(tf.greaterEqual(actual, level(0)), tf.lessEqual(actual, level(levels - 1)));
      return {
        ...Object.fromEntries(targets.map(({ name }, i) => [`MAE ${name}`, ofTarget(i)])),
        ...(horizon > 1 && Object.fromEntries(targets.map(({ name }, i) => [`MAE ${name} +1`, ofTarget(i, 1)]))),
        ...(hasInterval && { [intervalName]: tf.mul(tf.mean(tf.cast(inside, 'float32'), [1, 2]), finiteRows(outputs)) as tf.Tensor1D }),
      };
    },
    metrics: (_, means) => ({ ...means }),
    metricInfo: {
      // Over the whole horizon, and at its first step.
      ...Object.fromEntries(
        targets.flatMap(({ name }) => {
          const metric = { better: 'lower', format: (value: number) => value.toFixed(3) } as const;
          return [[`MAE ${name}`, metric], ...(horizon > 1 ? [[`MAE ${name} +1`, metric] as const] : [])] as const;
        }),
      ),
      ...(hasInterval && { [intervalName]: { better: 'higher', format: percent } as const }),
    },
    answers: 'last',
    predictionSchema: forecastAnswer,
  };
}
