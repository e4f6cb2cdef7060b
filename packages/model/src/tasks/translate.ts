import * as tf from '@tensorflow/tfjs-core';
import { finite, int } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { layerName, type Shape } from '../layers/layer.ts';
import { hits } from './hits.ts';
import { smoothTargets, sparseCategoricalCrossentropy } from './losses.ts';
import { percent } from './metrics.ts';
import { beamWidth, lengthPenalty } from './search-options.ts';
import { type RowTask, refuseClassOptions } from './task.ts';

const id = v.pipe(int, v.minValue(0));

export const translateSpec = v.strictObject({
  type: v.literal('translate'),
  /** The input that is translated, and the input that holds the translation so far. */
  source: v.optional(layerName, 'source'),
  target: v.optional(layerName, 'target'),
  /** The ids with which a translation begins and ends. */
  start: id,
  end: id,
  /** Hypotheses that the search keeps; 1 is greedy. */
  beam: v.optional(beamWidth, 5),
  /** α of the length penalty ((5 + length) / 6)^α (Wu et al., 2016); 0 prefers short translations. */
  lengthPenalty: v.optional(lengthPenalty, 1),
});
export type TranslateSpec = v.InferOutput<typeof translateSpec>;

const candidate = v.strictObject({
  text: v.string(),
  /** The log-probability over the length penalty. */
  score: finite,
  logProbability: finite,
  /** 'length' if it was cut off before its end. */
  finishReason: v.picklist(['stop', 'length']),
});

export const translation = v.strictObject({
  ...candidate.entries,
  /** Other translations, the best first; on request. */
  alternatives: v.exactOptional(v.array(candidate)),
  /** How much each target token read of each source token, [target, source]; on request, from a model with attention. */
  attention: v.exactOptional(
    v.strictObject({ source: v.array(v.string()), target: v.array(v.string()), weights: v.array(v.array(finite)) }),
  ),
});
export type Translation = v.InferOutput<typeof translation>;

export interface TranslateTask extends RowTask<Translation> {
  readonly type: 'translate';
  readonly answers: 'search';
  readonly spec: TranslateSpec;
}

/**
 * Sequence to sequence: at every step of the target the probability of its next token, given the whole source (Sutskever et al., 2014).
 * Training reads the true target (teacher forcing). The target of a step is the next token's id; the last one's is `end`.
 * @param model the inputs that it can read step by step, and why these may not come in pieces.
 * @throws if the output is not a sequence with a unit for each id, or if the target cannot be read step by step.
 */
export function translate(
  spec: TranslateSpec,
  output: Shape,
  { streamed, notResumable }: { streamed: readonly string[]; notResumable?: string },
): TranslateTask {
  if (output.kind !== 'sequence') {
    throw new Error(
      `task 'translate': expected the last layer to give a sequence, one unit for each token at every step, got ${output.kind}`,
    );
  }
  if (output.features <= Math.max(spec.start, spec.end)) {
    throw new Error(`task 'translate': expected a unit for each id up to ${Math.max(spec.start, spec.end)}, got ${output.features} units`);
  }
  if (streamed.join() !== spec.target) {
    throw new Error(
      `task 'translate': expected a model that reads '${spec.target}' step by step and all other inputs at once, this one reads ` +
        `${streamed.length ? streamed.map((name) => `'${name}'`).join(', ') : 'nothing'} step by step`,
    );
  }
  if (notResumable !== undefined) {
    throw new Error(`task 'translate': expected a model that reads one step of '${spec.target}' at a time, but ${notResumable}`);
  }
  return {
    type: 'translate',
    spec,
    targets: 'step',
    targetWidth: 1,
    loss: sparseCategoricalCrossentropy,
    trainingLoss({ labelSmoothing = 0, classWeights }) {
      refuseClassOptions('translate', { classWeights });
      return smoothTargets(sparseCategoricalCrossentropy, labelSmoothing, false);
    },
    activate: (logits) => tf.logSoftmax(logits),
    rowScores: (outputs, targets) => ({ accuracy: hits(outputs, tf.squeeze(targets, [1])) }),
    metrics: (loss, { accuracy = Number.NaN }) => ({ perplexity: Math.exp(loss), accuracy }),
    metricInfo: {
      perplexity: { better: 'lower', format: (value) => value.toFixed(2) },
      accuracy: { better: 'higher', format: percent },
    },
    answers: 'search',
    predictionSchema: translation,
  };
}
