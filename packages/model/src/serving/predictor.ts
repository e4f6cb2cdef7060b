import type { Tokenizer } from '@unroll/text/tokenizer.ts';
import type { Model } from '../model.ts';
import { InputError } from '../readers/input-error.ts';
import type { Reader, Sample } from '../readers/reader.ts';
import { readerOf } from '../readers/registry.ts';
import type { Truncation } from '../readers/truncation.ts';
import type { AnyPrediction, AnyTask } from '../tasks/registry.ts';
import type { SearchOptions } from '../tasks/search-options.ts';
import type { Tagging } from '../tasks/tag.ts';
import { createRunner, type Runner, type RunnerOptions, type ServedArtifact } from './runner.ts';
import { type ServingCost, servingCost } from './serving-cost.ts';
import { translateSamples, translationCost } from './translator.ts';

/** The answer to one input, or after one of its steps. */
export type Step<P> = P & {
  token?: string;
  /** The token is outside the vocabulary. */
  unknown?: true;
};
export type Answer<P = AnyPrediction> = (P extends Tagging
  ? // Tags are about steps.
    { steps: Step<P>[] }
  : P & {
      /** The answer after each step, with everyStep. */
      steps?: Step<P>[];
    }) & {
  /** Present if the input was longer than the model reads. */
  truncated?: Truncation;
};

export interface PredictOptions {
  /** Also answer after every step. Only a causal model can. */
  everyStep?: boolean;
  /** The state that an earlier call returned, to resume from it; 'new' starts one. */
  state?: Float32Array | 'new' | undefined;
  /** Of a task that searches for its answer. */
  search?: SearchOptions | undefined;
  /** Called before it runs, with the most that it can cost. Throw to refuse. */
  admit?: ((cost: ServingCost) => void) | undefined;
}

export interface Predictions {
  predictions: Answer[];
  /** [inputs, stateSize], if a state was given. */
  state?: Float32Array;
}

/** A model of any task ready to answer on the current backend. */
export interface Predictor {
  readonly model: Model;
  readonly task: AnyTask;
  /** Whether an input may also be answered after every step. */
  readonly everyStep: boolean;
  /** How inputs are read. */
  readonly reader: Reader;
  /** Floats of the state of one input. */
  readonly stateSize: number;
  /**
   * Answers inputs that fit `reader.schema`. An answer does not depend on the other inputs of the call.
   * @throws InputError if an input cannot be read or holds nothing to read (an empty text), or if everyStep or a state is requested from a
   * model that reads backwards. With a state of earlier steps, an input may be empty if the model masks padding.
   */
  predict(inputs: readonly unknown[], options?: PredictOptions): Predictions;
  /** Frees the weights. */
  dispose(): void;
}

/**
 * int8 weights of the file stay int8 in memory, where the backend can compute with them.
 * @throws if the artifact's spec, tokenizer and weights do not fit together.
 */
export function createPredictor(artifact: ServedArtifact, options: RunnerOptions = {}): Predictor {
  return predictorOf(createRunner(artifact, options));
}

/** A predictor on a loaded model. */
export function predictorOf({ name, model, task, tokenizer, tokenizers, params, taskWeights, stateSize, run, dispose }: Runner): Predictor {
  const reader = readerOf(model.spec, tokenizer);
  const bySteps = task.answers === 'steps' || task.answers === 'path';

  if (task.answers === 'search' && !tokenizers[task.spec.target]) {
    throw new Error(`model '${name}' cannot translate: its file has no tokenizer of '${task.spec.target}'`);
  }

  function decode({ at }: ReturnType<typeof run>, row: number, step: number, sample: Sample): AnyPrediction {
    const outputs = at(row, step);
    if (!('decode' in task)) throw new Error(`task '${task.type}': outputs of one step are not an answer`);
    return task.type === 'forecast' ? task.decode(outputs, sample.targetsAt?.(step)) : task.decode(outputs);
  }

  /** A prediction for each step of a row, decided together. */
  function pathOf(task: Extract<AnyTask, { answers: 'path' }>, { at, all }: ReturnType<typeof run>, row: number, steps: number) {
    return task.decodePath(all(row).subarray(0, steps * at(row, 0).length), taskWeights);
  }

  return {
    model,
    task,
    everyStep: model.causal && (task.answers === 'last' || task.answers === 'steps'),
    reader,
    stateSize,
    predict(inputs, { everyStep = false, state, search, admit } = {}) {
      if (everyStep && !model.causal) {
        throw new InputError(`everyStep: this model has no answer after every step: ${model.notCausal}`);
      }
      if ((task.answers === 'path' || task.answers === 'whole') && (everyStep || state)) {
        const option = everyStep ? 'everyStep' : 'state';
        throw new InputError(
          `${option}: the task '${task.type}' decides about all steps together, so it needs the whole input; leave it out`,
        );
      }
      if (task.answers === 'whole' && search) checkWholeSearch(task.type, search);
      if (inputs.length === 0) return { predictions: [] };
      const samples = inputs.map((input, i) => naming(i, inputs.length, () => reader.read(input)));
      if (search && task.answers !== 'search' && task.answers !== 'whole')
        throw new InputError(`search: the task '${task.type}' does not search for its answer; leave it out`);
      if (task.answers === 'search') {
        if (everyStep) throw new InputError('everyStep: a translation needs the whole text, so its steps have no answers; leave it out');
        if (state) throw new InputError('state: a translation needs the whole text, which cannot come in pieces; send it in one request');
        admit?.(translationCost({ model, task }, samples, search ?? {}));
        for (const [row, { steps, unknown }] of samples.entries()) {
          if (steps === 0 || unknown?.every(Boolean))
            throw new InputError(`${samples.length > 1 ? `input ${row}` : 'the input'} holds no token that the model knows`);
        }
        const tokenizer = tokenizers[task.spec.target] as Tokenizer;
        const translations = translateSamples({ model, task, params, tokenizer }, samples, search);
        return {
          predictions: translations.map((one, row) => ({ ...one, ...(samples[row]?.truncated && { truncated: samples[row].truncated }) })),
        };
      }
      admit?.(servingCost(model, samples.length, Math.max(...samples.map(({ steps }) => steps))));
      const outputs = run(samples, { everyStep, keepSteps: bySteps || task.answers === 'whole', state });
      const predictions = samples.map((sample, row): Answer => {
        if (task.answers === 'whole')
          return { ...task.decodeWhole(outputs.all(row), search), ...(sample.truncated && { truncated: sample.truncated }) };
        const last = Math.max(sample.steps, 1) - 1;
        const answer = bySteps ? ({} as AnyPrediction) : decode(outputs, row, last, sample);
        const cut = sample.truncated && { truncated: sample.truncated };
        if (!everyStep && !bySteps) return { ...answer, ...cut } as Answer;
        const ofSteps = task.answers === 'path' ? pathOf(task, outputs, row, sample.steps) : undefined;
        const steps = Array.from({ length: sample.steps }, (_, t) => {
          const token = sample.tokens?.[t];
          const read = { ...(token !== undefined && { token }), ...(sample.unknown?.[t] && { unknown: true as const }) };
          return { ...read, ...(ofSteps?.[t] ?? decode(outputs, row, t, sample)) };
        });
        return { ...answer, steps, ...cut } as Answer;
      });
      return { predictions, ...(outputs.state && { state: outputs.state }) };
    },
    dispose,
  };
}

/** @throws InputError if an option is for translations, or more answers are asked for than the beam holds. */
function checkWholeSearch(type: string, { beam = 1, nBest = 1, ...ofTranslations }: SearchOptions): void {
  const [option] = Object.keys(ofTranslations);
  if (option) throw new InputError(`search.${option}: the task '${type}' does not have it; leave it out`);
  if (nBest > beam) throw new InputError(`search.nBest: expected at most the beam, ${beam}, got ${nBest}`);
}

/** Runs `read`; an InputError of one input among several says which. */
function naming(i: number, of: number, read: () => Sample): Sample {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError && of > 1) throw new InputError(`input ${i}: ${error.message}`, { cause: error });
    throw error;
  }
}
