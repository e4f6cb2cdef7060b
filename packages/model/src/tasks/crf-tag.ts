import * as tf from '@tensorflow/tfjs-core';
import { crfLoss } from '@unroll/ops/crf-op.ts';
import { type CrfScores, marginals, viterbi } from '../decoding/crf.ts';
import { type AllowedLabels, allowedLabels, firstForbidden } from '../decoding/label-constraints.ts';
import type { Shape } from '../layers/layer.ts';
import { initializers } from '../weights/initializers.ts';
import type { Params, WeightSpec } from '../weights/weight.ts';
import type { BatchScoring, ScoredBatch } from './batch-scoring.ts';
import { percent } from './metrics.ts';
import { expectLabels, type Tagging, type TagSpec, tagging } from './tag.ts';
import { type PathTask, refuseClassOptions } from './task.ts';

export interface CrfTagTask extends PathTask<Tagging>, BatchScoring {
  readonly type: 'tag';
  /** Which labels may follow which; undefined without a scheme. */
  readonly allowed: AllowedLabels | undefined;
}

/** Full names of a CRF's weights. No layer can have this name. */
const nameOf = (local: 'transitions' | 'start' | 'end') => `tag.crf/${local}`;

const locals = ['transitions', 'start', 'end'] as const;

/** The weights of a CRF over L labels: transitions [L, L] from row to column, start and end [L]. */
export function crfWeights({ labels: { length: L } }: TagSpec): WeightSpec[] {
  const weight = (local: (typeof locals)[number], shape: number[]) => ({
    name: nameOf(local),
    shape,
    initializer: initializers.uniform,
    trainable: true,
  });
  return [weight('transitions', [L, L]), weight('start', [L]), weight('end', [L])];
}

/**
 * Labels of all steps together, by a linear-chain conditional random field on the model's outputs [B, T, labels] (Lafferty et al.,
 * 2001): the answer is the most probable sequence (Viterbi), the probability of a label that of its step over all sequences.
 * @throws if a label is not of the scheme, or the output is not a sequence with one unit for each label.
 */
export function crfTag({ labels, scheme }: TagSpec, output: Shape): CrfTagTask {
  expectLabels(labels, output);
  const allowed = scheme && allowedLabels(labels, scheme);
  const losses = ({ outputs, targets, params }: ScoredBatch): tf.Tensor1D => {
    const [B, T] = outputs.shape as [number, number];
    const counted = (targets.counted ?? tf.ones([B * T])) as tf.Tensor1D;
    const steps = tf.reshape(counted, [B, T]) as tf.Tensor2D;
    const { losses: perRow } = crfLoss(
      {
        emissions: outputs as tf.Tensor3D,
        labels: tf.cast(tf.reshape(targets.values, [B, T]), 'int32') as tf.Tensor2D,
        ...(targets.counted && { mask: tf.cast(steps, 'bool') as tf.Tensor2D }),
      },
      scoresOf(params),
      { ...(allowed && { allowed }), zeroInfinity: true },
    );
    // A row's loss is that of all its steps, so each counts the same.
    const share = tf.div(perRow, tf.maximum(tf.sum(steps, 1), 1));
    return tf.reshape(tf.mul(tf.expandDims(share, 1), steps), [B * T]);
  };
  return {
    type: 'tag',
    targets: 'step',
    targetWidth: 1,
    allowed,
    losses,
    trainingLosses({ labelSmoothing, classWeights }) {
      refuseClassOptions('tag with crf', { labelSmoothing, classWeights });
      return losses;
    },
    ...(allowed && {
      refuses(target: Float32Array) {
        const path = target.filter((label) => !Number.isNaN(label));
        const step = firstForbidden(path, allowed);
        if (step === undefined) return undefined;
        const [label, before] = [path[step], path[step - 1]].map((each) => labels[each as number]);
        return `label ${step + 1}, '${label}', may not stand ${before === undefined ? 'first' : `after '${before}'`}`;
      },
    }),
    activate: (emissions) => emissions,
    weights: Object.fromEntries(locals.map((local) => [local, nameOf(local)])),
    scores: (batch) => ({ accuracy: pathHits(batch, allowed) }),
    metrics: (_, { accuracy = Number.NaN }) => ({ accuracy }),
    metricInfo: { accuracy: { better: 'higher', format: percent } },
    answers: 'path',
    decodePath(emissions, weights) {
      const scores = weights as unknown as CrfScores;
      const path = viterbi(emissions, scores, allowed).labels;
      const probabilities = marginals(emissions, scores, allowed);
      return path.map((label, t) => ({ label: labels[label] as string, probability: probabilities[t * labels.length + label] as number }));
    },
    predictionSchema: tagging,
  };
}

function scoresOf(params: Params) {
  const { [nameOf('transitions')]: transitions, [nameOf('start')]: start, [nameOf('end')]: end } = params;
  return { transitions: transitions as tf.Tensor2D, start: start as tf.Tensor1D, end: end as tf.Tensor1D };
}

/** [B·T]: 1 for a scored step whose label the most probable sequence has, else 0. A row that is not finite has no hit. */
function pathHits({ outputs, targets, params }: ScoredBatch, allowed: AllowedLabels | undefined): tf.Tensor1D {
  const [B, T, L] = outputs.shape as [number, number, number];
  const [emissions, truth, counted] = [outputs.dataSync(), targets.values.dataSync(), targets.counted?.dataSync()];
  const { transitions, start, end } = scoresOf(params);
  const scores = { transitions: transitions.dataSync(), start: start.dataSync(), end: end.dataSync() };
  const hits = new Float32Array(B * T);
  for (let b = 0; b < B; b++) {
    const steps = Array.from({ length: T }, (_, t) => b * T + t).filter((step) => !counted || counted[step]);
    const row = Float32Array.from(steps.flatMap((step) => [...emissions.subarray(step * L, (step + 1) * L)]));
    if (!row.every(Number.isFinite)) continue;
    const path = viterbi(row, scores, allowed).labels;
    for (const [i, step] of steps.entries()) hits[step] = Number(path[i] === truth[step]);
  }
  return tf.tensor1d(hits);
}
