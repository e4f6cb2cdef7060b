import type { Model } from '../model.ts';
import { InputError } from '../readers/input-error.ts';
import { createRandom } from '../weights/random.ts';
import { createRunner, type Runner, type RunnerOptions, type ServedArtifact } from './runner.ts';
import { type SamplingOptions, sampleToken } from './sampling.ts';
import { type ServingCost, servingCost } from './serving-cost.ts';
import { type FinishReason, untilStop } from './until-stop.ts';

export interface GenerateOptions extends SamplingOptions {
  /** The text to continue. It must hold at least one token that the model knows. */
  prompt: string;
  /** The most tokens to add. */
  length: number;
  /** Texts that end the generation. They are not part of the output. */
  stop?: readonly string[];
  /** The same seed gives the same text. */
  seed?: number;
  /** Called before it runs, with the most that it can cost. Throw to refuse. */
  admit?: (cost: ServingCost) => void;
}

/** A language model on the current backend. */
export interface Generator {
  readonly model: Model;
  /**
   * Yields the text of each token as it is generated, without the prompt. A piece that may begin a text of `stop` is held back until
   * that is clear. Returns why the generation ended. @throws InputError if the prompt holds no known token.
   */
  generate(options: GenerateOptions): Iterator<string, FinishReason> & Iterable<string>;
  /** Frees the weights. */
  dispose(): void;
}

/** @throws if the artifact's parts do not fit together, or its model does not generate text. */
export function createGenerator(artifact: ServedArtifact, options: RunnerOptions = {}): Generator {
  return generatorOf(createRunner(artifact, options));
}

/** A generator with a loaded model. @throws if the model does not generate text. */
export function generatorOf({ name, model, task, tokenizer, run, dispose }: Runner): Generator {
  if (task.type !== 'generate') throw new Error(`model '${name}' has the task '${task.type}', so it does not generate text; use predict`);
  if (!tokenizer) throw new Error(`model '${name}' cannot generate text: its file has no tokenizer`);
  const texts = tokenizer;

  /** The probabilities of the next token after these ids, and the state. */
  function read(ids: readonly number[], before: Float32Array | 'new') {
    const { at, state } = run([{ values: ids, steps: ids.length }], { state: before });
    return { probabilities: at(0, ids.length - 1), state: state as Float32Array };
  }

  function* pieces({ prompt, length, seed = 1, admit, ...sampling }: GenerateOptions) {
    const ids = texts.encode(texts.tokenize(prompt));
    if (ids.length === 0) throw new InputError('generate: the prompt holds no token that the model knows');
    // Tokens are generated one at a time, so only the prompt takes memory.
    admit?.({ ...servingCost(model, 1, ids.length + length), bytes: servingCost(model, 1, ids.length).bytes });
    const random = createRandom(seed, 'generate');
    let { probabilities, state } = read(ids, 'new');
    for (let i = 0; i < length; i++) {
      // Padding and [UNK] are not text.
      for (const id of texts.silentIds) probabilities[id] = 0;
      const id = sampleToken(probabilities, sampling, random.uniform());
      yield texts.textOf(id, i > 0 || prompt !== '');
      if (i + 1 < length) ({ probabilities, state } = read([id], state));
    }
  }

  return {
    model,
    generate: ({ stop = [], ...wanted }) => untilStop(pieces(wanted), stop),
    dispose,
  };
}
