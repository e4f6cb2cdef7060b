import * as tf from '@tensorflow/tfjs-core';
import { finite, positive } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { type BatchLoss, lossByRows } from './batch-scoring.ts';
import { huber, type Loss, meanAbsoluteError, meanSquaredError } from './losses.ts';
import type { AnyTask } from './registry.ts';
import type { LossOptions } from './task.ts';

/** A loss to train with in place of the task's own. Scores use the task's. */
export const trainingLossSpec = v.variant('type', [
  /** For classes: hard rows count more (Lin et al., 2017). `alpha` is the factor of the second of two labels, 1 - alpha of the first; of several labels a factor on all. */
  v.strictObject({
    type: v.literal('focal'),
    gamma: v.optional(v.pipe(finite, v.minValue(0)), 2),
    alpha: v.optional(v.pipe(finite, v.gtValue(0), v.ltValue(1))),
  }),
  /** For numbers. `delta` is in units of the scaled target. */
  v.strictObject({ type: v.literal('huber'), delta: v.optional(positive, 1) }),
  v.strictObject({ type: v.literal('meanAbsoluteError') }),
  v.strictObject({ type: v.literal('meanSquaredError') }),
]);
export type TrainingLossSpec = v.InferOutput<typeof trainingLossSpec>;

/** The loss that a recipe trains with. @throws if the task has no such loss, or if another option of the recipe does not fit it. */
export function trainingLossesOf(task: AnyTask, loss: TrainingLossSpec | undefined, options: LossOptions): BatchLoss {
  return loss ? lossByRows(rowLossOf(task, loss, options)) : task.trainingLosses(options);
}

export function rowLossOf(task: AnyTask, loss: TrainingLossSpec, options: LossOptions): Loss {
  const refuse = (problem: string) => new Error(`task '${task.type}': training.loss '${loss.type}' ${problem}`);
  if (loss.type === 'focal') {
    if (task.type !== 'classify' && task.type !== 'tag') throw refuse('is for classes; remove it');
    const option = options.labelSmoothing ? 'labelSmoothing' : options.classWeights ? 'classWeights' : undefined;
    if (option) throw refuse(`does not combine with training.${option}; remove one of them`);
    const independent = task.type === 'classify' && (!task.classOf || task.softTargetWidth === 1);
    return independent ? binaryFocal(loss) : categoricalFocal(loss);
  }
  if (!('trainingLoss' in task)) throw refuse('is for tasks without a CRF; remove it');
  task.trainingLoss(options);
  if (task.type !== 'forecast' && task.type !== 'regress') throw refuse('is for numbers; remove it');
  if (task.type === 'forecast' && task.spec.quantiles.length > 0) throw refuse('does not give quantiles; remove it, or task.quantiles');
  return loss.type === 'huber' ? huber(loss.delta) : loss.type === 'meanAbsoluteError' ? meanAbsoluteError : meanSquaredError;
}

interface Focal {
  gamma: number;
  alpha?: number | undefined;
}

/** Keeps the gradient of a power finite. */
const LEAST = 1e-7;
const focus = (likelihood: tf.Tensor, gamma: number) => tf.pow(tf.maximum(tf.sub(1, likelihood), LEAST), gamma);

/**
 * Mean over outputs of -α_t·(1 - p_t)^γ·log p_t from logits, p_t the probability of the truth. predictions and targets [B, L]. As
 * keras.losses.BinaryFocalCrossentropy(from_logits=True), with apply_class_balancing if there is an alpha.
 */
export const binaryFocal =
  ({ gamma, alpha }: Focal): Loss =>
  (predictions, targets) => {
    const p = tf.sigmoid(predictions);
    const likelihood = tf.add(tf.mul(targets, p), tf.mul(tf.sub(1, targets), tf.sub(1, p)));
    const crossentropy = tf.sub(tf.softplus(predictions), tf.mul(predictions, targets));
    const losses = tf.mul(focus(likelihood, gamma), crossentropy);
    const weights = alpha === undefined ? losses : tf.mul(losses, tf.add(tf.mul(targets, 2 * alpha - 1), 1 - alpha));
    return tf.mean(weights, 1);
  };

/** -α·Σ y·(1 - p)^γ·log p, p = softmax of the logits [B, C]; targets are class indices [B, 1] or distributions [B, C]. As keras.losses.CategoricalFocalCrossentropy. */
export const categoricalFocal =
  ({ gamma, alpha = 1 }: Focal): Loss =>
  (predictions, targets) => {
    const [, classes] = predictions.shape;
    const isIndex = targets.shape[1] === 1;
    const truth = isIndex ? tf.cast(tf.oneHot(tf.cast(tf.squeeze(targets, [1]), 'int32'), classes), 'float32') : targets;
    const logs = tf.logSoftmax(predictions);
    const losses = tf.mul(focus(tf.exp(logs), gamma), tf.mul(truth, logs));
    return tf.mul(-alpha, tf.sum(losses, 1));
  };
