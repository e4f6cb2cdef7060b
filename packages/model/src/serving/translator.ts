import * as tf from '@tensorflow/tfjs-core';
import type { Tokenizer } from '@unroll/text/tokenizer.ts';
import { inputTensors } from '../batch/inputs.ts';
import { beamSearch, type Hypothesis } from '../decoding/beam-search.ts';
import type { LayerOutput } from '../layers/layer.ts';
import type { Encoded, Model, State } from '../model.ts';
import { InputError } from '../readers/input-error.ts';
import type { Sample } from '../readers/reader.ts';
import type { SearchOptions } from '../tasks/search-options.ts';
import type { TranslateTask, Translation } from '../tasks/translate.ts';
import type { Params } from '../weights/weight.ts';
import type { ServingCost } from './serving-cost.ts';
import { recordAttention } from './source-attention.ts';

interface Parts {
  model: Model;
  task: TranslateTask;
  params: Params;
  /** Of the target. */
  tokenizer: Tokenizer;
}

/** The most that a search costs: the source once, and every step of every hypothesis. */
export function translationCost(
  { model, task }: Pick<Parts, 'model' | 'task'>,
  samples: readonly Sample[],
  options: SearchOptions,
): ServingCost {
  const { beam, maxLength } = settingsOf(model, task, options);
  const { source, target } = task.spec;
  const longest = longestOf(samples);
  const first = model.cost({ [source]: longest, [target]: 1 });
  // What another step of the target adds. It reads the whole source where the model attends to it.
  const another = model.cost({ [source]: longest, [target]: 2 }).multiplyAdds - first.multiplyAdds;
  const units = model.output.kind === 'ids' ? 1 : model.output.features;
  return {
    // A translation of maxLength tokens takes one more step, for its end.
    multiplyAdds: samples.length * (first.multiplyAdds + beam * (maxLength + 1) * another),
    // Every hypothesis has a copy of its encoded source. Tensors of a step are freed before the next one.
    bytes: 4 * samples.length * beam * (first.floats + 2 * units + (options.attention ? (maxLength + 1) * longest : 0)),
    advice: 'Send fewer or shorter inputs, or search with a smaller beam or maxLength.',
  };
}

/** Translates texts as one batch. @throws InputError for a text without a known token, and for outputs that are not finite. */
export function translateSamples(
  { model, task, params, tokenizer }: Parts,
  samples: readonly Sample[],
  options: SearchOptions = {},
): Translation[] {
  const { source, target, start, end } = task.spec;
  const settings = settingsOf(model, task, options);
  const { beam, nBest } = settings;
  const rows = samples.length * beam;
  const attention = options.attention ? recordAttention(longestOf(samples)) : undefined;
  const repeated = tf.tensor1d(
    Int32Array.from({ length: rows }, (_, row) => Math.floor(row / beam)),
    'int32',
  );
  const encoded = tf.tidy(() => {
    const once = model.encode(params, { [source]: { values: inputTensors(samples, 0).inputs } });
    return mapEncoded(once, (tensor) => tf.gather(tensor, repeated)) as unknown as tf.TensorContainer;
  }) as unknown as Encoded;
  let state: State = {};
  try {
    const found = beamSearch({ batch: samples.length, end, forbidden: [0, start, ...tokenizer.silentIds], ...settings }, (continued) => {
      const next = tf.tidy(() => {
        const ids = continued?.tokens ?? new Int32Array(rows).fill(start);
        const before = continued && gatherState(state, continued.parents);
        const step = { [target]: { values: tf.tensor2d(ids, [rows, 1], 'int32') } };
        const result = model.apply(params, step, {
          encoded,
          state: before ?? {},
          ...(attention && { inspectAttention: attention.inspect }),
        });
        const units = result.outputs.shape.at(-1) as number;
        return { logs: task.activate(tf.reshape(result.outputs, [rows, units])), state: result.state };
      });
      tf.dispose(state);
      state = next.state;
      attention?.endStep();
      const values = next.logs.dataSync() as Float32Array;
      next.logs.dispose();
      return values;
    });
    return found.map((hypotheses, i) => {
      const translation = translationOf(hypotheses, tokenizer, { nBest, which: samples.length > 1 ? `input ${i}: ` : '' });
      if (!attention) return translation;
      const [best] = hypotheses as [Hypothesis];
      const { tokens = [], steps } = samples[i] as Sample;
      const written = best.tokens.map((id) => tokenizer.textOf(id, false));
      return { ...translation, attention: { source: [...tokens], target: written, weights: attention.weightsOf(best, steps) } };
    });
  } finally {
    tf.dispose([state, encoded as unknown as tf.TensorContainer, repeated]);
  }
}

const longestOf = (samples: readonly Sample[]) => Math.max(1, ...samples.map(({ steps }) => steps));

function settingsOf(model: Model, { spec }: TranslateTask, options: SearchOptions) {
  const { beam = spec.beam, lengthPenalty = spec.lengthPenalty, nBest = 1 } = options;
  const most = model.inputs[spec.target]?.maxLength as number;
  const { maxLength = most } = options;
  if (nBest > beam) throw new InputError(`search.nBest: expected at most the beam, ${beam}, got ${nBest}`);
  if (maxLength > most) throw new InputError(`search.maxLength: this model translates to at most ${most} tokens, got ${maxLength}`);
  return { beam, lengthPenalty, nBest, maxLength };
}

function translationOf(
  hypotheses: readonly Hypothesis[],
  tokenizer: Tokenizer,
  { nBest, which }: { nBest: number; which: string },
): Translation {
  const [best, ...others] = hypotheses.map(({ tokens, score, logProbability, finishReason }) => ({
    text: tokens.map((id, i) => tokenizer.textOf(id, i > 0)).join(''),
    score,
    logProbability,
    finishReason,
  }));
  if (!best)
    throw new InputError(`${which}the model gives no probability to any token, because its numbers overflowed float32; train it again`);
  return { ...best, ...(nBest > 1 && { alternatives: others }) };
}

function mapEncoded(encoded: Encoded, each: (tensor: tf.Tensor) => tf.Tensor): Encoded {
  return Object.fromEntries(
    Object.entries(encoded).map(([name, { values, mask, state }]): [string, LayerOutput] => [
      name,
      {
        values: each(values),
        ...(mask && { mask: tf.cast(each(tf.cast(mask, 'float32')), 'bool') as tf.Tensor2D }),
        ...(state && { state: state.map((part) => each(part) as tf.Tensor2D) }),
      },
    ]),
  );
}

function gatherState(state: State, parents: Int32Array): State {
  const rows = tf.tensor1d(parents, 'int32');
  return Object.fromEntries(Object.entries(state).map(([name, parts]) => [name, parts.map((part) => tf.gather(part, rows))]));
}
