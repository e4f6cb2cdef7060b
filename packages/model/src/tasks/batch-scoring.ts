import * as tf from '@tensorflow/tfjs-core';
import type { Params } from '../weights/weight.ts';
import type { Loss } from './losses.ts';
import type { LossOptions, RowTask } from './task.ts';

/** What the outputs of a batch are scored against. */
export interface BatchTargets {
  /** float32 [N, targetWidth], N = B or B·T; for targets of whole sequences int32 labels [B, longest]. */
  values: tf.Tensor;
  /** [N]: 1 for a scored row, 0 for a padded step or one without a target. Undefined if all rows are scored. */
  counted?: tf.Tensor1D | undefined;
  /** Labels of each row, if the targets are of whole sequences. */
  lengths?: Int32Array;
}

export interface ScoredBatch {
  /** [B, units], or [B, T, units]. */
  outputs: tf.Tensor;
  /** bool [B, T], false at padded steps of the outputs. Undefined if all are real. */
  mask?: tf.Tensor2D | undefined;
  targets: BatchTargets;
  /** The model's weights; a task reads its own. */
  params: Params;
}

/** One value for each row; 0 for a row that is not scored. Their sum is the loss of the batch. */
export type BatchLoss = (batch: ScoredBatch) => tf.Tensor1D;

/** How a task scores a whole batch. */
export interface BatchScoring {
  readonly losses: BatchLoss;
  /** The loss for training. @throws if the task does not have an option. */
  trainingLosses(options: LossOptions): BatchLoss;
  /** Scores of each row, by name; 0 for a row that is not scored. `metrics` takes their means. */
  scores(batch: ScoredBatch): Record<string, tf.Tensor1D>;
}

const outputsOf = ({ outputs }: ScoredBatch) => tf.reshape(outputs, [-1, outputs.shape.at(-1) ?? 1]) as tf.Tensor2D;
const count = (values: tf.Tensor1D, { targets: { counted } }: ScoredBatch) => (counted ? tf.mul(values, counted) : values) as tf.Tensor1D;

/** A loss of rows as that of a batch. */
export const lossByRows =
  (loss: Loss): BatchLoss =>
  (batch) =>
    count(loss(outputsOf(batch), batch.targets.values as tf.Tensor2D), batch);

/** The scoring of a task whose rows are independent: each is a sample, or a step of one. */
export function byRows<T extends RowTask>(task: T): T & BatchScoring {
  return {
    ...task,
    losses: lossByRows(task.loss),
    trainingLosses: (options) => lossByRows(task.trainingLoss(options)),
    scores(batch) {
      const scores = task.rowScores(outputsOf(batch), batch.targets.values as tf.Tensor2D);
      return Object.fromEntries(Object.entries(scores).map(([name, values]) => [name, count(values, batch)]));
    },
  };
}
