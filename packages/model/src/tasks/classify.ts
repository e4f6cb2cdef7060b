import * as tf from '@tensorflow/tfjs-core';
import { finite } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { Shape } from '../layers/layer.ts';
import { finiteRows, hits } from './hits.ts';
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  type Loss,
  smoothTargets,
  sparseCategoricalCrossentropy,
  weighByClass,
} from './losses.ts';
import { percent } from './metrics.ts';
import { softCrossentropy } from './soft-targets.ts';
import type { DecodingTask } from './task.ts';

export const classifySpec = v.strictObject({
  type: v.literal('classify'),
  /** Class names, at least two. */
  labels: v.pipe(v.array(v.pipe(v.string(), v.minLength(1))), v.minLength(2)),
  /** A sample may have any number of labels, including none. */
  multiLabel: v.optional(v.boolean(), false),
});
export type ClassifySpec = v.InferOutput<typeof classifySpec>;

export const classification = v.strictObject({
  /** The most probable label; with multiLabel every label above 0.5. */
  labels: v.array(v.string()),
  /** Probability of each label. */
  probabilities: v.record(v.string(), finite),
});
export type Classification = v.InferOutput<typeof classification>;

export interface ClassifyTask extends DecodingTask<Classification> {
  readonly type: 'classify';
  /** Names of the classes, in the order of their indices. */
  readonly labels: readonly string[];
  /** Whether activated outputs match the target. The error is 1 minus the probability of the truth: 0 is right and certain, 1 wrong and certain. */
  judge(outputs: Float32Array, target: Float32Array): { correct: boolean; error: number };
  /** The most probable class index of outputs, or of a target. Undefined with multiLabel. */
  readonly classOf?: { outputs(outputs: Float32Array): number; target(target: Float32Array): number };
}

/**
 * Classification from logits [B, units]. One unit means two labels (sigmoid). Otherwise there is one unit for each label: softmax,
 * or independent sigmoids with multiLabel.
 * A target is a class index, or with multiLabel 0 or 1 for each label. A soft target is a probability for each label, or for one unit
 * the probability of the second label.
 * @throws if the model's output is not a vector with that number of units.
 */
export function classify({ labels, multiLabel }: ClassifySpec, output: Shape): ClassifyTask {
  const binary = !multiLabel && labels.length === 2 && output.kind === 'vector' && output.features === 1;
  if (output.kind !== 'vector' || (!binary && output.features !== labels.length)) {
    const got = output.kind === 'vector' ? `${output.features} units` : `a ${output.kind}`;
    const expected = labels.length === 2 && !multiLabel ? '1 or 2 units' : `${labels.length} units`;
    throw new Error(`task 'classify': expected the last layer to give ${expected} for labels [${labels}], got ${got}`);
  }
  const independent = binary || multiLabel;
  /** The probability of each label, from activated outputs. */
  const probabilities = (outputs: Float32Array): number[] => {
    const [positive = 0] = outputs;
    return binary ? [1 - positive, positive] : [...outputs];
  };
  const largest = (values: readonly number[]) => values.indexOf(Math.max(...values));
  const classOfTarget = (target: Float32Array): number => {
    if (target.length > 1) return largest([...target]);
    const [value = 0] = target;
    return binary ? Number(value > 0.5) : value;
  };
  const classOutputs = (outputs: Float32Array) => largest(probabilities(outputs));
  const softmaxLoss: Loss = (predictions, targets) =>
    targets.shape[1] === 1 ? sparseCategoricalCrossentropy(predictions, targets) : categoricalCrossentropy(predictions, targets);

  return {
    type: 'classify',
    labels,
    targets: 'sample',
    targetWidth: multiLabel ? labels.length : 1,
    softTargetWidth: binary ? 1 : labels.length,
    loss: independent ? binaryCrossentropy : softmaxLoss,
    trainingLoss({ labelSmoothing = 0, classWeights }) {
      if (classWeights && multiLabel) throw new Error("task 'classify': training.classWeights does not apply with multiLabel; remove it");
      if (classWeights && classWeights.length !== labels.length) {
        throw new Error(`task 'classify': expected a class weight for each of ${labels.length} labels, got ${classWeights.length}`);
      }
      if (independent && !classWeights) return smoothTargets(binaryCrossentropy, labelSmoothing, true);
      const soft = softCrossentropy(labels.length, { labelSmoothing, classWeights });
      if (binary) return soft;
      const smoothed = smoothTargets(sparseCategoricalCrossentropy, labelSmoothing, false);
      const hard = classWeights ? weighByClass(smoothed, classWeights) : smoothed;
      return (predictions, targets) => (targets.shape[1] === 1 ? hard : soft)(predictions, targets);
    },
    activate: (logits) => (independent ? tf.sigmoid(logits) : tf.softmax(logits)),
    decode(outputs) {
      const values = probabilities(outputs);
      const chosen = multiLabel ? labels.filter((_, i) => (values[i] as number) > 0.5) : [labels[largest(values)] as string];
      return { labels: chosen, probabilities: Object.fromEntries(labels.map((label, i) => [label, values[i] as number])) };
    },
    judge(outputs, target) {
      const values = probabilities(outputs);
      if (!values.every(Number.isFinite)) return { correct: false, error: 1 };
      if (multiLabel) {
        const misses = values.map((value, i) => Math.abs(value - (target[i] as number)));
        return { correct: misses.every((miss) => miss < 0.5), error: Math.max(...misses) };
      }
      const actual = classOfTarget(target);
      return { correct: largest(values) === actual, error: 1 - (values[actual] ?? 0) };
    },
    ...(!multiLabel && { classOf: { outputs: classOutputs, target: classOfTarget } }),
    rowScores(outputs, targets) {
      if (!independent) {
        const classes = targets.shape[1] === 1 ? tf.squeeze(targets, [1]) : tf.argMax(targets, 1);
        return { accuracy: hits(outputs, classes) };
      }
      const right = tf.cast(tf.equal(tf.greater(outputs, 0), tf.greater(targets, 0.5)), 'float32');
      return { accuracy: tf.mul(tf.min(right, 1), finiteRows(outputs)) as tf.Tensor1D };
    },
    metrics: (_, { accuracy = Number.NaN }) => ({ accuracy }),
    metricInfo: { accuracy: { better: 'higher', format: percent } },
    answers: 'last',
    predictionSchema: classification,
  };
}
