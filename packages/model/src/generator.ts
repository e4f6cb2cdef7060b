import * as tf from '@tensorflow/tfjs-core';
import type { Artifact } from '@unroll/artifact/artifact.ts';
import type { ActivationBits } from './int8-tensors.ts';
import { loadModel } from './load-model.ts';
import type { Model, State } from './model.ts';
import { idsTensor, servingParams } from './predictor.ts';
import { createRandom } from './random.ts';
import { type SamplingOptions, sampleToken } from './sampling.ts';
import { taskOf } from './tasks/registry.ts';

export interface GenerateOptions extends SamplingOptions {
  /** What the text goes on from; at least one token that the model knows. */
  prompt: string;
  /** Tokens to add. */
  length: number;
  /** The same seed gives the same text. */
  seed?: number;
}

/** A language model ready to write on the current backend. */
export interface Generator {
  readonly model: Model;
  /** Pieces of text, a token each, as they are made; the prompt is not among them. @throws if the prompt holds no known token. */
  generate(options: GenerateOptions): IterableIterator<string>;
  dispose(): void;
}

/** @throws if the artifact's parts do not fit together, or its model does not generate text. */
export function createGenerator(
  artifact: Pick<Artifact, 'name' | 'spec' | 'tokenizer' | 'weights' | 'quantization'>,
  { activationBits }: { activationBits?: ActivationBits } = {},
): Generator {
  const { model, tokenizer, weights } = loadModel(artifact);
  const task = taskOf(model);
  if (task.type !== 'generate') throw new Error(`model '${artifact.name}' does the task '${task.type}', it does not generate text`);
  if (!tokenizer) throw new Error(`model '${artifact.name}' writes no texts: its file holds no tokenizer`);
  const params = servingParams(model, weights, activationBits ?? artifact.quantization?.activationBits);

  /** Probabilities of the next token after reading ids; the state moves on. */
  function read(ids: readonly number[], state: State): { probabilities: Float32Array; state: State } {
    let next: State = {};
    const probabilities = tf.tidy(() => {
      const result = model.apply(params, idsTensor([ids]), { state });
      next = Object.fromEntries(Object.entries(result.state).map(([name, parts]) => [name, parts.map((part) => tf.keep(part))]));
      const [, T, V] = result.outputs.shape as [number, number, number];
      const last = tf.reshape(tf.slice(result.outputs, [0, T - 1, 0], [1, 1, V]), [1, V]);
      return task.activate(last).dataSync() as Float32Array;
    });
    tf.dispose(state);
    return { probabilities, state: next };
  }

  return {
    model,
    *generate({ prompt, length, seed = 1, ...sampling }) {
      const ids = tokenizer.encode(tokenizer.tokenize(prompt));
      if (ids.length === 0) throw new Error(`generate: the prompt ${JSON.stringify(prompt)} holds no token that the model knows`);
      const random = createRandom(seed, 'generate');
      let { probabilities, state } = read(ids, {});
      try {
        for (let i = 0; i < length; i++) {
          // Neither padding nor [UNK] is text.
          for (const id of tokenizer.silentIds) probabilities[id] = 0;
          const id = sampleToken(probabilities, sampling, random.uniform());
          yield tokenizer.textOf(id, i > 0 || prompt !== '');
          if (i + 1 < length) ({ probabilities, state } = read([id], state));
        }
      } finally {
        tf.dispose(state);
      }
    },
    dispose() {
      tf.dispose(params);
    },
  };
}
