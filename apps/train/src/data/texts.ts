import { joinTexts } from '@unroll/datasets/join-texts.ts';
import { type Split, stratifiedSplit } from '@unroll/datasets/split.ts';
import { type TextSource, textsInMemory } from '@unroll/datasets/text-source.ts';
import { createRandom } from '@unroll/model/random.ts';
import type { Reader } from '@unroll/model/readers/reader.ts';
import type { AnyTask } from '@unroll/model/tasks/registry.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import type { DataSpec } from '../recipe/data-spec.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { count, cutWarning, nothingKnown, type PreparedData, splitSummary } from './prepared-data.ts';
import { type ArraySequences, sharedFloats, sharedInts, startsOf } from './sequences.ts';
import { LEARN_CHARACTERS, unknownWarning } from './unknown-tokens.ts';

/** How many characters of a text a message shows. */
const QUOTED = 60;

export interface PreparedTexts extends PreparedData {
  texts: TextSource;
  tokenizer: Tokenizer;
  /** Whether a sample belongs to the data set itself, not to the extra texts. */
  isOwn(sample: number): boolean;
}

type TextsSpec = Extract<DataSpec, { type: 'texts' | 'textFile' }>;

/**
 * Labelled texts. The tokenizer sees only training texts. The split depends on the seed and keeps each label's share. Extra texts are
 * training texts under every seed.
 */
export function prepareTexts(source: TextSource, spec: TextsSpec, recipe: Recipe, seed: number): PreparedTexts {
  const { repeat } = spec;
  const extra = spec.extra && textsInMemory(spec.extra());
  const texts = extra ? joinTexts(source, extra) : source;
  const classes = Array.from({ length: source.size }, (_, i) => source.labelOf(i));
  const held = stratifiedSplit(classes, spec, (n) => createRandom(seed, 'split').permutation(n));
  const added = Int32Array.from({ length: extra?.size ?? 0 }, (_, i) => source.size + i);
  const split = { ...held, train: Int32Array.from([...held.train, ...added]) };
  const tokenizer = new Tokenizer(recipe.tokenizer);
  tokenizer.fitOnTexts(each(split.train, texts.textOf));
  const { vocabularySize } = tokenizer;
  const isOwn = (sample: number) => sample < source.size;
  const more = extra ? `, ${count(extra.size)} more to train on (${extra.name})` : '';
  return {
    texts,
    split,
    isOwn,
    ...(repeat > 1 && { timesShown: (sample: number) => (isOwn(sample) ? repeat : 1) }),
    tokenizer,
    known: { ...nothingKnown, vocabularySize, labels: texts.labels },
    summary: `${splitSummary(held, 'samples')}${more}, ${count(vocabularySize)} words`,
    source: texts.source,
    warnings: [...texts.problems, ...leaks(texts, split)],
    encode({ spec, task, reader, tokenizer: given = tokenizer }) {
      if (reader.table?.cells !== 'text')
        throw new Error(`data set '${texts.name}' holds texts, which the task '${task.type}' does not read`);
      const { sequences, cut, longest } = encodeTexts(texts, reader, task);
      const { kept, warnings } = withoutUnreadable(texts, split, sequences);
      return {
        sequences,
        split: kept,
        warnings: [
          ...cutWarning('texts', { cut, of: texts.size, longest }, spec),
          ...warnings,
          ...unknownWarning(each(kept.validation, texts.textOf), given, recipe.tokenizer),
        ],
      };
    },
  };
}

/** Yields texts one at a time, because all of them may not fit into memory. */
function* each<T>(samples: Int32Array, of: (i: number) => T): Generator<T> {
  for (const i of samples) yield of(i);
}

/** The texts, encoded by the model's reader, and their targets, in shared memory. Reads each text once, in order. */
function encodeTexts(texts: TextSource, reader: Reader, task: AnyTask): { sequences: ArraySequences; cut: number; longest: number } {
  const lengths = sharedInts(texts.size);
  const pieces: Int32Array[] = [];
  let [sample, steps, cut, longest] = [0, 0, 0, 0];
  for (const text of texts.texts()) {
    const { values, truncated } = reader.read(text);
    pieces.push(Int32Array.from(values));
    lengths[sample] = values.length;
    steps += values.length;
    if (truncated) cut++;
    longest = Math.max(longest, truncated?.of ?? values.length);
    sample++;
  }
  const starts = startsOf(lengths);
  const inputs = sharedInts(steps);
  for (const [i, ids] of pieces.entries()) inputs.set(ids, starts[i]);
  return { sequences: { inputs, features: 0, starts, lengths, targetsOf: 'sample', ...targetsFor(texts, task) }, cut, longest };
}

/**
 * The split without texts that have no token. Prediction refuses such texts, so training and scoring leave them out.
 * @throws if a part is empty without them.
 */
function withoutUnreadable({ name, textOf }: TextSource, split: Split, { lengths }: ArraySequences): { kept: Split; warnings: string[] } {
  const readable = (part: Int32Array) => part.filter((i) => (lengths[i] as number) > 0);
  const kept = { train: readable(split.train), validation: readable(split.validation), test: readable(split.test) };
  for (const [part, samples] of Object.entries(kept)) {
    if (samples.length === 0) {
      throw new Error(`data set '${name}': no ${part} text holds a token that the model knows; ${LEARN_CHARACTERS} to read characters`);
    }
  }
  const unreadable = lengths.reduce((sum, length) => sum + Number(length === 0), 0);
  if (unreadable === 0) return { kept, warnings: [] };
  const first = JSON.stringify(textOf(lengths.indexOf(0)).slice(0, QUOTED));
  return {
    kept,
    warnings: [`${name}: ${count(unreadable)} texts hold no token that the model knows (the first: ${first}); they are left out`],
  };
}

/** One target per text: an index, or probabilities if any text has them and the task reads them. */
function targetsFor(
  texts: TextSource,
  { targetWidth, softTargetWidth }: AnyTask,
): Pick<ArraySequences, 'targets' | 'targetWidth' | 'soft'> {
  const probabilities = Array.from({ length: texts.size }, (_, i) => texts.probabilitiesOf?.(i));
  const soft = probabilities.some((values) => values !== undefined);
  const width = soft && softTargetWidth !== undefined ? softTargetWidth : targetWidth;
  const targets = sharedFloats(texts.size * width);
  for (const [i, values] of probabilities.entries()) {
    const label = texts.labelOf(i);
    // One number per text: the second label's probability with soft targets. For a certain label it equals the index.
    if (width === 1) targets[i] = (soft ? values?.[1] : undefined) ?? label;
    else if (values) targets.set(values, i * width);
    else targets[i * width + label] = 1;
  }
  return { targets, targetWidth: width, ...(soft && { soft }) };
}

/** Warnings about held-out rows with the text or the id of a training row. */
function leaks({ textOf, idOf, name }: TextSource, { train, validation, test }: Split): string[] {
  const held = [...validation, ...test];
  const shared = (of: (i: number) => string) => {
    const trained = new Set(each(train, of));
    return held.filter((i) => trained.has(of(i)));
  };
  const quoted = (of: (i: number) => string, i: number) => JSON.stringify(of(i).slice(0, QUOTED));
  const twice = shared(textOf);
  const ids = idOf ? shared(idOf) : [];
  return [
    ...(twice.length
      ? [
          `${count(twice.length)} held-out texts are training texts too (the first: ${quoted(textOf, twice[0] as number)}); scores will be too good`,
        ]
      : []),
    ...(idOf && ids.length
      ? [
          `${name}: ${count(ids.length)} held-out rows have the id of a training row (the first: ${quoted(idOf, ids[0] as number)}); scores will be too good`,
        ]
      : []),
  ];
}
