import * as tf from '@tensorflow/tfjs-core';
import { finite } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { Shape } from '../layers/layer.ts';
import { smoothTargets, sparseCategoricalCrossentropy } from './losses.ts';
import { refuseClassOptions, type Task } from './task.ts';

export const generateSpec = v.strictObject({ type: v.literal('generate') });

/** Tokens that an answer names. */
const CANDIDATES = 10;

/** A step's answer: what may come next, the most probable first. */
export const nextToken = v.strictObject({ next: v.array(v.strictObject({ token: v.string(), probability: finite })) });
export type NextToken = v.InferOutput<typeof nextToken>;

export interface GenerateTask extends Task<NextToken> {
  readonly type: 'generate';
}

/**
 * A language model: at every step the next token, by softmax over [B, T, vocabulary]. A target is the next token's id.
 * @param textOf a token as text.
 * @throws if the model's output is not a sequence, or some later input could reach it.
 */
export function generate(output: Shape, causal: boolean, textOf: (id: number) => string = String): GenerateTask {
  if (output.kind !== 'sequence') {
    throw new Error(`task 'generate': expected the last layer to give a sequence, a unit a token at every step, got ${output.kind}`);
  }
  if (!causal) throw new Error("task 'generate': a layer reads its input backwards, so it would see the token it has to foretell");
  return {
    type: 'generate',
    targets: 'step',
    targetWidth: 1,
    loss: sparseCategoricalCrossentropy,
    trainingLoss({ labelSmoothing = 0, classWeights }) {
      refuseClassOptions('generate', { classWeights });
      return smoothTargets(sparseCategoricalCrossentropy, labelSmoothing, false);
    },
    activate: (logits) => tf.softmax(logits),
    decode(outputs) {
      const best = Array.from(outputs.keys()).sort((a, b) => (outputs[b] as number) - (outputs[a] as number));
      return { next: best.slice(0, CANDIDATES).map((id) => ({ token: textOf(id), probability: outputs[id] as number })) };
    },
    rowScores: () => ({}),
    metrics: (loss) => ({ bitsPerToken: loss / Math.LN2, perplexity: Math.exp(loss) }),
    metricInfo: {
      bitsPerToken: { better: 'lower', format: (value) => value.toFixed(3) },
      perplexity: { better: 'lower', format: (value) => value.toFixed(2) },
    },
    answers: 'last',
    predictionSchema: nextToken,
  };
}
