import * as tf from '@tensorflow/tfjs-core';
import { finite } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { spanSchemes } from '../decoding/label-constraints.ts';
import type { Shape } from '../layers/layer.ts';
import { hits } from './hits.ts';
import { smoothTargets, sparseCategoricalCrossentropy, weighByClass } from './losses.ts';
import { percent } from './metrics.ts';
import type { DecodingTask } from './task.ts';

export const tagSpec = v.strictObject({
  type: v.literal('tag'),
  /** Class names, at least two. */
  labels: v.pipe(v.array(v.pipe(v.string(), v.minLength(1))), v.minLength(2)),
  /** Labels of all steps together, by a linear-chain CRF on the outputs. */
  crf: v.exactOptional(v.boolean()),
  /** How labels write spans, for a CRF: it never gives a sequence that breaks the scheme. */
  scheme: v.exactOptional(v.picklist(spanSchemes)),
});
export type TagSpec = v.InferOutput<typeof tagSpec>;

export const tagging = v.strictObject({
  label: v.string(),
  /** The label's probability. */
  probability: finite,
});
export type Tagging = v.InferOutput<typeof tagging>;

export interface TagTask extends DecodingTask<Tagging> {
  readonly type: 'tag';
}

/**
 * A label for every step, by softmax over [B, T, labels]. The target of a step is a class index.
 * @throws if the model's output is not a sequence with one unit for each label.
 */
export function tag({ labels, scheme }: TagSpec, output: Shape): TagTask {
  if (scheme) throw new Error("task 'tag': scheme needs crf: true, because without a CRF each step is labelled by itself");
  expectLabels(labels, output);
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
    rowScores: (outputs, targets) => ({ accuracy: hits(outputs, tf.squeeze(targets, [1])) }),
    metrics: (_, { accuracy = Number.NaN }) => ({ accuracy }),
    metricInfo: { accuracy: { better: 'higher', format: percent } },
    answers: 'steps',
    predictionSchema: tagging,
  };
}

/** @throws if the model's output is not a sequence with one unit for each label. */
export function expectLabels(labels: readonly string[], output: Shape): void {
  if (output.kind !== 'sequence' || output.features !== labels.length) {
    const got = output.kind === 'ids' ? 'ids' : `a ${output.kind} of ${output.features}`;
    throw new Error(`task 'tag': expected the last layer to give a sequence of ${labels.length} units, one for each label, got ${got}`);
  }
}
