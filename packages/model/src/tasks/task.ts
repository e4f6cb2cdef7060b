import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type * as v from 'valibot';
import type { Loss } from './losses.ts';
import type { SearchOptions } from './search-options.ts';

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

/** A model's task: how outputs are scored, decoded and sent. `P` is one prediction as the API sends it. */
export interface Task<P = unknown> {
  readonly type: string;
  /** Whether a target belongs to a whole sample, to each of its steps, or is a sequence of its own length. */
  readonly targets: 'sample' | 'step' | 'sequence';
  /** Floats in one target of a sample or a step. */
  readonly targetWidth: number;
  /** Floats in a target of class probabilities. Undefined for a task that does not support such targets. */
  readonly softTargetWidth?: number;
  /** Why no output of so many steps can have this target; undefined if one can. */
  refuses?(target: Float32Array, steps: number): string | undefined;
  /** The model's outputs → the values they stand for, such as probabilities; the same shape. */
  activate<T extends Tensor>(outputs: T): T;
  /** The mean loss and the means of the scores → the value of each metric in `metricInfo`. */
  metrics(loss: number, means: Readonly<Record<string, number>>): Record<string, number>;
  /** The task's metrics, the most important first. */
  readonly metricInfo: Readonly<Record<string, Metric>>;
  /**
   * Whether an answer is the prediction after the last step, one for each step, one for each step decided together, one for the whole sequence, or
   * searched for step by step.
   */
  readonly answers: 'last' | 'steps' | 'path' | 'whole' | 'search';
  /** The prediction's schema, for APIs. */
  readonly predictionSchema: v.GenericSchema<unknown, P>;
}

/** A task whose rows are independent: each is a sample, or a step of one. */
export interface RowTask<P = unknown> extends Task<P> {
  readonly targets: 'sample' | 'step';
  /** predictions [N, units], targets [N, targetWidth] → [N]. */
  readonly loss: Loss;
  /** The loss for training. @throws if an option needs classes and the task has none. */
  trainingLoss(options: LossOptions): Loss;
  /** Scores of each row: outputs [N, units], targets → one [N] a name. `metrics` takes their means. Outputs that are not finite are never right. */
  rowScores(outputs: Tensor2D, targets: Tensor2D): Record<string, Tensor1D>;
}

/** A task whose outputs of one row are a prediction. */
export interface DecodingTask<P = unknown> extends RowTask<P> {
  readonly answers: 'last' | 'steps';
  /** One row's activated outputs, all finite, as a prediction. */
  decode(outputs: Float32Array): P;
}

/** A task that decides about all steps of a sequence together. */
export interface PathTask<P = unknown> extends Task<P> {
  readonly answers: 'path';
  /** Full names of its own weights by local name. */
  readonly weights: Readonly<Record<string, string>>;
  /**
   * A prediction for each step.
   * @param outputs activated, all finite, [steps, units].
   * @param weights the task's own.
   */
  decodePath(outputs: Float32Array, weights: TaskWeights): P[];
}

/** A task whose answer is about all steps of the output together. */
export interface WholeTask<P = unknown> extends Task<P> {
  readonly answers: 'whole';
  /** @param outputs activated, all finite, of the real steps: [steps, units]. */
  decodeWhole(outputs: Float32Array, search?: SearchOptions): P;
}

/** The values of a task's own weights by local name. */
export type TaskWeights = Readonly<Record<string, Float32Array>>;

/** @throws if an option needs classes. For tasks without classes. */
export function refuseClassOptions(task: string, { labelSmoothing, classWeights }: LossOptions): void {
  const option = labelSmoothing ? 'labelSmoothing' : classWeights ? 'classWeights' : undefined;
  if (option) throw new Error(`task '${task}' has no classes, so training.${option} does not apply; remove it`);
}
