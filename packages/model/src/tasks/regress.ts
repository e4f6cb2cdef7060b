import * as tf from '@tensorflow/tfjs-core';
import { finite } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { Shape } from '../layers/layer.ts';
import { meanSquaredError } from './losses.ts';
import { scaledColumn } from './scaled-column.ts';
import { type DecodingTask, refuseClassOptions } from './task.ts';

export const regressSpec = v.strictObject({
  type: v.literal('regress'),
  /** The numbers to predict, with their scaling: the model gives (value - mean) / scale. */
  targets: v.pipe(v.array(scaledColumn), v.minLength(1)),
});
export type RegressSpec = v.InferOutput<typeof regressSpec>;

export const regression = v.strictObject({
  /** Each number, in the units of the data. */
  values: v.record(v.string(), finite),
});
export type Regression = v.InferOutput<typeof regression>;

export interface RegressTask extends DecodingTask<Regression> {
  readonly type: 'regress';
  readonly spec: RegressSpec;
}

/**
 * One or more numbers for each sample, from outputs [B, targets], or for each step, from [B, T, targets]. A target is the scaled numbers.
 * The loss is the squared error; a recipe's `training.loss` chooses another one to train with.
 * @throws if the model does not have one unit for each number.
 */
export function regress(spec: RegressSpec, output: Shape): RegressTask {
  const { targets } = spec;
  if (output.kind === 'ids' || output.features !== targets.length) {
    const got = output.kind === 'ids' ? 'ids' : `${output.features} units`;
    throw new Error(
      `task 'regress': expected the last layer to give ${targets.length} units, for ${targets.map(({ name }) => name).join(', ')}, got ${got}`,
    );
  }
  const column = (values: tf.Tensor2D, i: number) => tf.squeeze(tf.slice(values, [0, i], [-1, 1]), [1]) as tf.Tensor1D;
  const metric = { better: 'lower', format: (value: number) => value.toPrecision(4) } as const;
  const share = { better: 'higher', format: (value: number) => value.toFixed(3) } as const;

  return {
    type: 'regress',
    spec,
    targets: output.kind === 'vector' ? 'sample' : 'step',
    targetWidth: targets.length,
    loss: meanSquaredError,
    trainingLoss(options) {
      refuseClassOptions('regress', options);
      return meanSquaredError;
    },
    activate: (outputs) => outputs,
    decode: (outputs) => ({
      values: Object.fromEntries(targets.map(({ name, mean, scale }, i) => [name, (outputs[i] as number) * scale + mean])),
    }),
    rowScores(outputs, truth) {
      const errors = tf.sub(outputs, truth) as tf.Tensor2D;
      const scores = targets.flatMap(({ name, scale }, i) => {
        const [error, value] = [column(errors, i), column(truth, i)];
        return [
          [`MAE ${name}`, tf.mul(tf.abs(error), scale)],
          [`squares ${name}`, tf.square(error)],
          [`value ${name}`, value],
          [`value squares ${name}`, tf.square(value)],
        ] as [string, tf.Tensor1D][];
      });
      return Object.fromEntries(scores);
    },
    metrics(_, means) {
      const of = (key: string) => means[key] ?? Number.NaN;
      const figures = targets.map(({ name, scale }) => {
        const spread = of(`value squares ${name}`) - of(`value ${name}`) ** 2;
        return {
          [`MAE ${name}`]: of(`MAE ${name}`),
          [`RMSE ${name}`]: Math.sqrt(of(`squares ${name}`)) * scale,
          // 1 - Σ(y - ŷ)² / Σ(y - mean y)².
          [`R² ${name}`]: 1 - of(`squares ${name}`) / spread,
        };
      });
      return Object.assign({}, ...figures) as Record<string, number>;
    },
    metricInfo: Object.fromEntries(
      targets.flatMap(({ name }) => [
        [`MAE ${name}`, metric],
        [`RMSE ${name}`, metric],
        [`R² ${name}`, share],
      ]),
    ),
    answers: output.kind === 'vector' ? 'last' : 'steps',
    predictionSchema: regression,
  };
}
