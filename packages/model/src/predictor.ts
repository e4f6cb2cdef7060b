import * as tf from '@tensorflow/tfjs-core';
import type { Artifact } from '@unroll/artifact/artifact.ts';
import { dequantize, type Weight } from '@unroll/artifact/quantize.ts';
import { padSequences } from '@unroll/text/pad-sequences.ts';
import { type ActivationBits, int8Tensor } from './int8-tensors.ts';
import { type LoadedModel, loadModel } from './load-model.ts';
import type { Model } from './model.ts';
import { type Classification, classify } from './tasks/classify.ts';

export interface TextPrediction {
  prediction: Classification;
  /** The prediction after each token the model read; only if asked for. */
  steps?: { token: string; prediction: Classification }[];
}

/** A classifier of texts ready to answer on the current backend. */
export interface Predictor {
  readonly model: Model;
  /** The classes' names. */
  readonly labels: readonly string[];
  /**
   * Answers texts as one batch. An empty text, or one of unknown words only, gets the answer to no evidence.
   * @param everyStep also answer each prefix; only a causal model can.
   */
  predictTexts(texts: readonly string[], everyStep?: boolean): TextPrediction[];
  /** Frees the weights. */
  dispose(): void;
}

/**
 * Weights that the file has in int8 stay so in memory, where the backend can compute with them.
 * @param options.activationBits how finely layers on int8 weights read their input; as the artifact says, else 14 bits.
 * @throws if the artifact's spec, tokenizer and weights do not fit together, or the model does not read text.
 */
export function createPredictor(
  artifact: Pick<Artifact, 'name' | 'spec' | 'tokenizer' | 'weights' | 'quantization'>,
  { activationBits }: { activationBits?: ActivationBits } = {},
): Predictor {
  const { model, tokenizer, weights } = loadModel(artifact);
  if (!tokenizer) throw new Error(`model '${artifact.name}' reads no texts: its file holds no tokenizer`);
  const { task: taskSpec } = model.spec;
  if (taskSpec.type !== 'classify')
    throw new Error(`model '${artifact.name}' does the task '${taskSpec.type}', it does not classify texts`);
  // Not by taskOf: a Worker that only classifies need not carry the other tasks.
  const task = classify(taskSpec, model.output);
  const params = servingParams(model, weights, activationBits ?? artifact.quantization?.activationBits);

  /** Activated outputs of rows of token ids: [B, units], or [B, T, units] with everyStep. */
  function run(sequences: readonly number[][], everyStep: boolean): { values: Float32Array; units: number; steps: number } {
    return tf.tidy(() => {
      const inputs = idsTensor(sequences);
      const { outputs } = model.apply(params, inputs, { everyStep });
      const activated = task.activate(outputs);
      return { values: activated.dataSync() as Float32Array, units: outputs.shape.at(-1) ?? 1, steps: inputs.shape[1] };
    });
  }

  return {
    model,
    labels: task.labels,
    predictTexts(texts, everyStep = false) {
      if (texts.length === 0) return [];
      const read = texts.map((text) => readTokens(tokenizer, text, model.spec.input.maxLength));
      const { values, units, steps } = run(
        read.map(({ ids }) => ids),
        everyStep,
      );
      const at = (row: number) => task.decode(values.subarray(row * units, (row + 1) * units));
      if (!everyStep) return read.map((_, b) => ({ prediction: at(b) }));
      return read.map(({ tokens }, b) => ({
        prediction: at(b * steps + Math.max(tokens.length, 1) - 1),
        steps: tokens.map((token, t) => ({ token, prediction: at(b * steps + t) })),
      }));
    },
    dispose() {
      tf.dispose(params);
    },
  };
}

/**
 * Weights as tensors: int8 ones stay so where the layer and the backend can compute with them. The caller disposes them.
 * @param bits how finely layers on int8 weights read their input: all alike, or by layer.
 */
export function servingParams(
  model: Model,
  weights: LoadedModel['weights'],
  bits: ActivationBits | Readonly<Record<string, ActivationBits>> = 14,
): Record<string, tf.Tensor> {
  const bitsOf = (weight: string) => (typeof bits === 'number' ? bits : (bits[weight.slice(0, weight.indexOf('/'))] ?? 14));
  return Object.fromEntries(
    model.weights.map((spec) => {
      const weight = weights[spec.name] as Weight;
      const int8 = weight.dtype === 'int8' ? int8Tensor(weight, spec, bitsOf(spec.name)) : undefined;
      return [spec.name, int8 ?? tf.tensor(dequantize(weight), spec.shape)];
    }),
  );
}

/** The tokens a model reads of a text, and their ids: unknown ones without an OOV token left out, cut to maxLength. */
function readTokens(tokenizer: NonNullable<LoadedModel['tokenizer']>, text: string, maxLength: number) {
  const pairs = tokenizer.tokenize(text).flatMap((token) => tokenizer.encode([token]).map((id) => ({ token, id })));
  const kept = pairs.slice(0, maxLength);
  return { tokens: kept.map(({ token }) => token), ids: kept.map(({ id }) => id) };
}

/** Rows of ids padded at their end, at least one step wide. */
export function idsTensor(sequences: readonly ArrayLike<number>[]): tf.Tensor2D {
  const maxlen = sequences.reduce((longest, { length }) => Math.max(longest, length), 1);
  const { data, shape } = padSequences(sequences, { maxlen, padding: 'post' });
  return tf.tensor2d(data, shape, 'int32');
}
