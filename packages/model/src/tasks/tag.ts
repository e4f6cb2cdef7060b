import * as tf from '@tensorflow/tfjs-core';
import * as z from 'zod';
import type { Shape } from '../layers/layer.ts';
import { smoothTargets, sparseCategoricalCrossentropy, weighByClass } from '../losses.ts';
import { percent } from '../metrics.ts';
import { hits } from './classify.ts';
import type { Task } from './task.ts';

export const tagSpec = z.strictObject({
  type: z.literal('tag'),
  /** Class names, at least two. */
  labels: z.array(z.string().min(1)).min(2),
});
export type TagSpec = z.infer<typeof tagSpec>;

export const tagging = z.strictObject({
  label: z.string(),
  /** Probability of that label. */
  probability: z.number(),
});
export type Tagging = z.infer<typeof tagging>;

export interface TagTask extends Task<Tagging> {
  readonly type: 'tag';
}

/**
 * A label for every step, by softmax over [B, T, labels]. A target is a class index a step.
 * @throws if the model's output is not a sequence with a unit a label.
 */
export function tag({ labels }: TagSpec, output: Shape): TagTask {
  if (output.kind !== 'sequence' || output.features !== labels.length) {
    const got = output.kind === 'ids' ? 'ids' : `a ${output.kind} of ${output.features}`;
    throw new Error(`task 'tag': expected the last layer to give a sequence of ${labels.length} units, one a label, got ${got}`);
  }
  return {
    type: 'tag',
    targets: 'step',
    targetWidth: 1,
    loss: sparseCategoricalCrossentropy,
    trainingLoss({ labelSmoothing = 0, classWeights }) {
      if (classWeights && classWeights.length !== labels.length) {
        throw new Error(`task 'tag': expected a class weight for each of ${labels.length} labels, got ${classWeights.length}`);
      }
      const smoothed = smoothTargets(sparseCategoricalCrossentropy, labelSmoothing, false);
      return classWeights ? weighByClass(smoothed, classWeights) : smoothed;
    },
    activate: (logits) => tf.softmax(logits),
    decode(outputs) {
      const best = outputs.indexOf(Math.max(...outputs));
      return { label: labels[best] as string, probability: outputs[best] as number };
    },
    rowScores: (outputs, targets) => ({ accuracy: hits(tf.argMax(outputs, 1), tf.squeeze(targets, [1])) }),
    metrics: (_, { accuracy = Number.NaN }) => ({ accuracy }),
    metricInfo: { accuracy: { better: 'higher', format: percent } },
    answers: 'steps',
    predictionSchema: tagging,
  };
}
