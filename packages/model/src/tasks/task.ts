import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type * as v from 'valibot';
import type { Loss } from './losses.ts';

/** A metric beside the loss. */
export interface Metric {
  better: 'higher' | 'lower';
  /** The value for people: 0.812 → '81.2 %'. */
  format(value: number): string;
}

/** Changes to the loss in training. Scores use the plain loss. */
export interface LossOptions {
  /** The fraction of the target's probability that is spread over all classes (Szegedy et al., 2016). */
  labelSmoothing?: number | undefined;
  /** A factor on the loss of each class. */
  classWeights?: readonly number[] | undefined;
}

/**
 * A model's task: how outputs are scored, decoded and sent. `P` is one prediction as the API sends it.
 * A row is a sample if `targets` is 'sample', otherwise one step of a sample.
 */
export interface Task<P = unknown> {
  readonly type: string;
  /** Whether a target belongs to a whole sample (outputs [B, units]) or to each of its steps ([B, T, units]). */
  readonly targets: 'sample' | 'step';
  /** Floats in one row's target. */
  readonly targetWidth: number;
  /** Floats in a target of class probabilities. Undefined for a task that does not support such targets. */
  readonly softTargetWidth?: number;
  /** predictions [N, units], targets [N, targetWidth] → [N]. */
  readonly loss: Loss;
  /** The loss for training. @throws if an option needs classes and the task has none. */
  trainingLoss(options: LossOptions): Loss;
  /** The model's outputs → the values they stand for, such as probabilities; the same shape. */
  activate<T extends Tensor>(outputs: T): T;
  /** Scores of each row: outputs [N, units], targets → one [N] a name. `metrics` takes their means. Outputs that are not finite are never right. */
  rowScores(outputs: Tensor2D, targets: Tensor2D): Record<string, Tensor1D>;
  /** The mean loss and the means of `rowScores` → the value of each metric in `metricInfo`. */
  metrics(loss: number, means: Readonly<Record<string, number>>): Record<string, number>;
  /** The task's metrics, the most important first. */
  readonly metricInfo: Readonly<Record<string, Metric>>;
  /** Whether an answer is the prediction after the last step, one for each step, or searched for step by step. */
  readonly answers: 'last' | 'steps' | 'search';
  /** The prediction's schema, for APIs. */
  readonly predictionSchema: v.GenericSchema<unknown, P>;
}

/** A task whose outputs of one row are a prediction. */
export interface DecodingTask<P = unknown> extends Task<P> {
  readonly answers: 'last' | 'steps';
  /** One row's activated outputs, all finite, as a prediction. */
  decode(outputs: Float32Array): P;
}

/** @throws if an option needs classes. For tasks without classes. */
export function refuseClassOptions(task: string, { labelSmoothing, classWeights }: LossOptions): void {
  const option = labelSmoothing ? 'labelSmoothing' : classWeights ? 'classWeights' : undefined;
  if (option) throw new Error(`task '${task}' has no classes, so training.${option} does not apply; remove it`);
}
