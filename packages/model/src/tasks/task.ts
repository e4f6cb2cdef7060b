import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type * as v from 'valibot';
import type { Loss } from './losses.ts';

/** A figure that says how good a model is, beside its loss. */
export interface Metric {
  better: 'higher' | 'lower';
  /** As a person reads it: 0.812 → '81.2 %'. */
  format(value: number): string;
}

/** What only training does to a loss. */
export interface LossOptions {
  /** Share of the target's probability that is spread over all classes (Szegedy et al., 2016). */
  labelSmoothing?: number | undefined;
  /** A factor on the loss of each class. */
  classWeights?: readonly number[] | undefined;
}

/**
 * What a model is for: how its outputs are scored, read and sent. `P` is one prediction as it is sent.
 * A row is a sample where `targets` is 'sample', else one step of it.
 */
export interface Task<P = unknown> {
  readonly type: string;
  /** Whether a target belongs to a whole sample (outputs [B, units]) or to each of its steps ([B, T, units]). */
  readonly targets: 'sample' | 'step';
  /** Floats that one row's target takes. */
  readonly targetWidth: number;
  /** Floats of a target that gives probabilities of classes, where the task reads such. */
  readonly softTargetWidth?: number;
  /** predictions [N, units], targets [N, targetWidth] → [N]. */
  readonly loss: Loss;
  /** The loss to train with. @throws if the task has no classes and an option speaks of them. */
  trainingLoss(options: LossOptions): Loss;
  /** Outputs as the model gives them → as they are read (probabilities, say), same shape. */
  activate<T extends Tensor>(outputs: T): T;
  /** One row's activated outputs, all finite, as a prediction. */
  decode(outputs: Float32Array): P;
  /** Scores of each row: outputs [N, units], targets → one [N] a name. `metrics` takes their means. Outputs that are not finite are never right. */
  rowScores(outputs: Tensor2D, targets: Tensor2D): Record<string, Tensor1D>;
  /** From the mean loss and the means of `rowScores`: a value for each of `metricInfo`. */
  metrics(loss: number, means: Readonly<Record<string, number>>): Record<string, number>;
  /** What `metrics` gives, the most telling first. */
  readonly metricInfo: Readonly<Record<string, Metric>>;
  /** Whether an answer is what it says after the last step, or of each step. */
  readonly answers: 'last' | 'steps';
  /** The prediction's schema, for APIs. */
  readonly predictionSchema: v.GenericSchema<unknown, P>;
}

/** @throws where an option that needs classes meets a task without them. */
export function refuseClassOptions(task: string, { labelSmoothing, classWeights }: LossOptions): void {
  const option = labelSmoothing ? 'labelSmoothing' : classWeights ? 'classWeights' : undefined;
  if (option) throw new Error(`task '${task}': training.${option} is for classes, which this task has not; remove it`);
}
