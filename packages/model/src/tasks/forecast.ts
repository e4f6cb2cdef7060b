import * as tf from '@tensorflow/tfjs-core';
import { finite, float32, positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { Shape } from '../layers/layer.ts';
import { type Distribution, gaussian, negativeBinomial } from './distributions.ts';
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
  /**
   * The model gives a distribution of each value, and the answer its quantiles: a normal one, or a negative binomial one for counts, whose
   * columns are scaled without a mean.
   */
  distribution: v.optional(v.picklist(['gaussian', 'negativeBinomial'])),
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
  /** The scaled values of a row, [horizon, targets, quantiles], from its activated outputs. */
  valuesOf(outputs: Float32Array): Float32Array;
}

/** Floats that the model reads at each step. */
export const forecastFeatures = ({ inputs, known, horizon }: Pick<ForecastSpec, 'inputs' | 'known' | 'horizon'>) =>
  inputs.length + known.length * horizon;

/** Sorts quantiles that cross (Chernozhukov et al., 2010): [.., levels], the lowest first. */
function inOrder(quantiles: tf.Tensor4D): tf.Tensor4D {
  const levels = quantiles.shape[3];
  return levels === 1 ? quantiles : tf.reverse(tf.topk(quantiles, levels).values, 3);
}

/** Units of the model's last layer: [horizon, targets, quantiles], or [horizon, targets, 2] for a distribution. */
export const forecastUnits = (spec: Pick<ForecastSpec, 'horizon' | 'targets' | 'quantiles' | 'distribution'>) =>
  spec.horizon * spec.targets.length * unitsPerValue(spec);

const unitsPerValue = ({ quantiles, distribution }: Pick<ForecastSpec, 'quantiles' | 'distribution'>) =>
  distribution ? 2 : Math.max(1, quantiles.length);

/** The distribution of the outputs. @throws if it does not fit the rest of the spec. */
function distributionOf({ distribution, targets, horizon, quantiles, calibration, relative }: ForecastSpec): Distribution | undefined {
  if (distribution === undefined) return undefined;
  const fail = (problem: string) => new Error(`task 'forecast': distribution '${distribution}' ${problem}`);
  if (quantiles.length === 0) throw fail('answers by quantiles; give some, for example quantiles: [0.1, 0.5, 0.9]');
  if (calibration) throw fail('is not calibrated; remove calibration');
  if (distribution === 'gaussian') return gaussian;
  if (relative) throw fail('is of counts, and a change may be negative; remove relative');
  const centred = targets.find(({ mean }) => mean !== 0);
  if (centred) throw fail(`is of counts, so '${centred.name}' cannot be scaled about a mean of ${centred.mean}; use 0`);
  return negativeBinomial(Array.from({ length: horizon }, () => targets.map(({ scale }) => scale)).flat());
}

/**
 * Forecasts of columns of numbers: quantiles by the pinball loss (Koenker & Bassett, 1978), a distribution by its likelihood, or the mean. A model whose output is a
 * vector forecasts after its last step; one whose output is a sequence forecasts after every step.
 * A target is the scaled values of the next `horizon` steps, [horizon, targets].
 * @throws if the model's output does not have that number of units.
 */
export function forecast(spec: ForecastSpec, output: Shape): ForecastTask {
  const { horizon, targets, quantiles, calibration, relative } = spec;
  const units = forecastUnits(spec);
  if (output.kind === 'ids' || output.features !== units) {
    const got = output.kind === 'ids' ? 'ids' : `${output.features}`;
    const wanted = `${units} units (${horizon} steps x ${targets.length} targets x ${unitsPerValue(spec)} values)`;
    throw new Error(`task 'forecast': expected the last layer to give ${wanted}, got ${got}`);
  }
  if (calibration && calibration.length !== units) {
    throw new Error(`task 'forecast': expected ${units} numbers of calibration, got ${calibration.length}`);
  }
  const unread = relative && targets.find(({ name }) => !spec.inputs.some((input) => input.name === name));
  if (unread) throw new Error(`task 'forecast': relative targets must be among the inputs, '${unread.name}' is not`);
  const levels = Math.max(1, quantiles.length);
  const scales = targets.map(({ scale }) => scale);
  const distribution = distributionOf(spec);
  const loss: Loss = distribution?.loss ?? (quantiles.length ? pinball(quantiles) : meanSquaredError);
  /** The level that counts as the forecast: the median, if there is one. */
  const middle = quantiles.length >> 1;
  const [lowest = 0] = quantiles;
  const hasInterval = quantiles.length > 1;
  const intervalName = `inside ${Math.round((quantiles.at(-1) ?? 1) * 100 - lowest * 100)} %`;

  function valuesOf(outputs: Float32Array): Float32Array {
    if (!distribution) return outputs;
    const pairs = Array.from({ length: horizon * targets.length }, (_, i) => [outputs[2 * i], outputs[2 * i + 1]] as [number, number]);
    return Float32Array.from(pairs.flatMap(([mean, spread], i) => distribution.quantiles(mean, spread, quantiles, i)));
  }

  /** The scaled quantiles of raw outputs, [N, horizon, targets, quantiles], in rising order. */
  function quantilesOf(outputs: tf.Tensor2D): tf.Tensor4D {
    const shape: [number, number, number, number] = [outputs.shape[0], horizon, targets.length, levels];
    if (!distribution) return inOrder(tf.reshape(outputs, shape));
    const activated = distribution.activate(outputs).dataSync() as Float32Array;
    const values = new Float32Array(tf.util.sizeFromShape(shape));
    const width = horizon * targets.length * levels;
    for (let row = 0; row < shape[0]; row++) values.set(valuesOf(activated.subarray(row * units, (row + 1) * units)), row * width);
    return tf.tensor4d(values, shape);
  }

  return {
    type: 'forecast',
    spec,
    valuesOf,
    targets: output.kind === 'vector' ? 'sample' : 'step',
    targetWidth: horizon * targets.length,
    loss,
    trainingLoss(options) {
      refuseClassOptions('forecast', options);
      return loss;
    },
    activate: (outputs) => distribution?.activate(outputs) ?? (calibration ? tf.add(outputs, tf.tensor1d(calibration)) : outputs),
    decode(outputs, last) {
      if (relative && !last) throw new Error("task 'forecast': outputs are changes of the targets, so decode needs their last values");
      const values = valuesOf(outputs);
      const valueAt = (h: number, target: number) => {
        const { mean, scale } = targets[target] as ForecastSpec['targets'][number];
        const at = (h * targets.length + target) * levels;
        return Array.from(
          values.subarray(at, at + levels).toSorted(),
          (value) => value * scale + (relative ? (last?.[target] ?? Number.NaN) : mean),
        );
      };
      const steps = Array.from({ length: horizon }, (_, h) => h);
      return { forecast: Object.fromEntries(targets.map(({ name }, i) => [name, steps.map((h) => valueAt(h, i))])), quantiles };
    },
    rowScores(outputs, truth) {
      const [N] = outputs.shape;
      const byLevel = quantilesOf(outputs);
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
