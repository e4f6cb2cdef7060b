import * as tf from '@tensorflow/tfjs-core';
import { finite } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { Shape } from '../layers/layer.ts';
import { smoothTargets, sparseCategoricalCrossentropy } from './losses.ts';
import { type DecodingTask, refuseClassOptions } from './task.ts';

export const generateSpec = v.strictObject({ type: v.literal('generate') });

/** Tokens in an answer. */
const CANDIDATES = 10;

/** The most probable next tokens, in falling order. */
export const nextToken = v.strictObject({ next: v.array(v.strictObject({ token: v.string(), probability: finite })) });
export type NextToken = v.InferOutput<typeof nextToken>;

export interface GenerateTask extends DecodingTask<NextToken> {
  readonly type: 'generate';
}

/**
 * A language model. At each step it gives the probability of every next token, by softmax over [B, T, vocabulary]. A target is the
 * next token's id.
 * @param textOf the text of a token.
 * @throws if the model's output is not a sequence, or depends on later inputs.
 */
export function generate(output: Shape, causal: boolean, textOf: (id: number) => string = String): GenerateTask {
  if (output.kind !== 'sequence') {
    throw new Error(
      `task 'generate': expected the last layer to give a sequence, one unit for each token at every step, got ${output.kind}`,
    );
  }
  if (!causal) throw new Error("task 'generate': a layer reads its input backwards, so it would see the token that it must predict");
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
