import type { PairTexts } from '@unroll/datasets/pairs.ts';
import { groupedSplit, type Split } from '@unroll/datasets/split.ts';
import { createRandom } from '@unroll/model/random.ts';
import { inputsOf } from '@unroll/model/spec.ts';
import type { TranslateTask } from '@unroll/model/tasks/translate.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import type { DataSpec } from '../recipe/data-spec.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { count, cutWarning, type Encoding, nothingKnown, type PreparedData, splitSummary } from './prepared-data.ts';
import { type ArraySequences, type InputArrays, sharedFloats, sharedInts, startsOf } from './sequences.ts';
import { unknownWarning } from './unknown-tokens.ts';

/** How many characters of a text a message shows. */
const QUOTED = 60;

export interface PreparedPairs extends PreparedData {
  pairs: PairTexts['pairs'];
  /** Of the source. */
  tokenizer: Tokenizer;
  targetTokenizer: Tokenizer;
}

type PairsSpec = Extract<DataSpec, { type: 'pairs' | 'pairFile' }>;

/**
 * Texts and their translations. The tokenizers see only training pairs. The split depends on the seed; pairs with the same source, as the
 * model reads it, are in the same part. The ids after those of the target's words start and end a translation.
 */
export function preparePairs(texts: PairTexts, spec: PairsSpec, recipe: Recipe, seed: number): PreparedPairs {
  const { name, pairs, source, problems } = texts;
  const tokenizer = new Tokenizer(recipe.tokenizer);
  const targetTokenizer = new Tokenizer(recipe.targetTokenizer ?? recipe.tokenizer);
  const groups = pairs.map((pair) => tokenizer.tokenize(pair.source).join('\n'));
  const split = groupedSplit(groups, spec, (n) => createRandom(seed, 'split').permutation(n));
  tokenizer.fitOnTexts(sideOf(pairs, 'source', split.train));
  targetTokenizer.fitOnTexts(sideOf(pairs, 'target', split.train));
  const words = { source: tokenizer.vocabularySize, target: targetTokenizer.vocabularySize };
  return {
    pairs,
    split,
    tokenizer,
    targetTokenizer,
    known: {
      ...nothingKnown,
      vocabularySize: words.source,
      source: { vocabularySize: words.source },
      target: { vocabularySize: words.target + 2, start: words.target, end: words.target + 1 },
    },
    summary: `${splitSummary(split, 'pairs')}, ${count(words.source)} source words, ${count(words.target)} target words`,
    source,
    warnings: problems,
    encode(encoding) {
      const { tokenizer: ofSource = tokenizer, targetTokenizer: ofTarget = targetTokenizer } = encoding;
      const { sequences, warnings } = encodePairs(texts, encoding, ofTarget);
      const { kept, left } = withoutUnreadable(texts, split, sequences);
      const unknown = [
        ...unknownWarning(sideOf(pairs, 'source', kept.validation), ofSource, recipe.tokenizer).map((said) => `sources: ${said}`),
        ...unknownWarning(sideOf(pairs, 'target', kept.validation), ofTarget, recipe.targetTokenizer ?? recipe.tokenizer).map(
          (said) => `targets: ${said}`,
        ),
      ];
      return { sequences, split: kept, warnings: [...warnings, ...left.map((said) => `${name}: ${said}`), ...unknown] };
    },
  };
}

const sideOf = (pairs: PairTexts['pairs'], side: 'source' | 'target', samples: Int32Array) =>
  Array.from(samples, (sample) => (pairs[sample] as PairTexts['pairs'][number])[side]);

/** The sources, read by the model's reader, and the targets, one input for each. */
function encodePairs(
  { name, pairs }: PairTexts,
  { spec, task, reader }: Encoding,
  ofTarget: Tokenizer,
): { sequences: ArraySequences; warnings: string[] } {
  if (task.type !== 'translate') {
    throw new Error(
      `data set '${name}' holds pairs of texts, which the task '${task.type}' does not read; use { type: 'translate', start, end }`,
    );
  }
  checkEnds(name, task.spec, ofTarget);
  const read = pairs.map(({ source }) => reader.read(source));
  const sources = joinIds(read.map(({ values }) => values as readonly number[]));
  const cut = read.reduce((sum, { truncated }) => sum + Number(truncated !== undefined), 0);
  const longest = read.reduce((most, { truncated, steps }) => Math.max(most, truncated?.of ?? steps), 0);
  const inputs = inputsOf(spec);
  const { target } = task.spec;
  const maxLength = inputs[target]?.maxLength as number;
  const targets = encodeTargets(pairs, ofTarget, { ...task.spec, maxLength });
  const [first] = Object.keys(inputs) as [string];
  const arrays: Record<string, InputArrays> = { [task.spec.source]: sources, [target]: targets.arrays };
  const { [first]: own, ...others } = arrays;
  const sequences: ArraySequences = {
    ...(own as InputArrays),
    others,
    ...(first !== target && { targetsAt: target }),
    targets: targets.next,
    targetsOf: 'step',
    targetWidth: 1,
  };
  return {
    sequences,
    warnings: [
      ...cutWarning('sources', { cut, of: pairs.length, longest }, spec),
      ...targetWarnings(targets, pairs.length, target, maxLength),
    ],
  };
}

/** @throws if a translation would start or end with a word. */
function checkEnds(name: string, { start, end }: TranslateTask['spec'], { vocabularySize }: Tokenizer): void {
  if (Math.min(start, end) >= vocabularySize && start !== end) return;
  throw new Error(
    `data set '${name}': expected different ids of at least ${vocabularySize}, after the words of the target, for start and end of the task ` +
      `'translate', got ${start} and ${end}; use start: target.start and end: target.end`,
  );
}

interface EncodedTargets {
  arrays: InputArrays;
  /** The next id at each step. */
  next: Float32Array;
  cut: number;
  longest: number;
  /** Tokens without an id. */
  dropped: number;
  tokens: number;
}

/** Input [start, y1 ... yn], and next ids [y1 ... yn, end]. A target that is cut does not have `end`. */
function encodeTargets(
  pairs: PairTexts['pairs'],
  tokenizer: Tokenizer,
  { start, end, maxLength }: { start: number; end: number; maxLength: number },
): EncodedTargets {
  let [cut, longest, dropped, tokens] = [0, 0, 0, 0];
  const next = pairs.map(({ target }) => {
    const words = tokenizer.tokenize(target);
    const ids = tokenizer.encode(words);
    tokens += words.length;
    dropped += words.length - ids.length;
    if (ids.length === 0) return [];
    longest = Math.max(longest, ids.length + 1);
    if (ids.length + 1 > maxLength) cut++;
    return [...ids, end].slice(0, maxLength);
  });
  const arrays = joinIds(next.map((ids) => (ids.length ? [start, ...ids.slice(0, -1)] : [])));
  const joined = sharedFloats(arrays.inputs.length);
  for (const [i, ids] of next.entries()) joined.set(ids, arrays.starts[i]);
  return { arrays, next: joined, cut, longest, dropped, tokens };
}

function joinIds(rows: readonly (readonly number[])[]): InputArrays {
  const lengths = sharedInts(rows.length);
  for (const [i, { length }] of rows.entries()) lengths[i] = length;
  const starts = startsOf(lengths);
  const inputs = sharedInts(lengths.reduce((sum, length) => sum + length, 0));
  for (const [i, ids] of rows.entries()) inputs.set(ids, starts[i]);
  return { inputs, features: 0, starts, lengths };
}

function targetWarnings({ cut, longest, dropped, tokens }: EncodedTargets, pairs: number, input: string, maxLength: number): string[] {
  const cutSaid =
    `${count(cut)} of ${count(pairs)} targets are longer than the ${count(maxLength)} steps of a translation, of which the last ends it; the ` +
    `rest of each is not learned, and neither is its end. To learn all of them, raise inputs.${input}.maxLength in the recipe's model to ${count(longest)}`;
  const droppedSaid =
    `${count(dropped)} of ${count(tokens)} target tokens are not in the vocabulary, so training and perplexity leave them out; to count them, ` +
    "set oovToken in the recipe's targetTokenizer";
  return [...(cut ? [cutSaid] : []), ...(dropped ? [droppedSaid] : [])];
}

/**
 * The split without pairs of which a side has no token that the model knows.
 * @throws if a part is empty without them.
 */
function withoutUnreadable(
  { name, pairs }: PairTexts,
  split: Split,
  { lengths, others = {} }: ArraySequences,
): { kept: Split; left: string[] } {
  const sides = [lengths, ...Object.values(others).map((other) => other.lengths)];
  const isReadable = (sample: number) => sides.every((side) => (side[sample] as number) > 0);
  const kept = {
    train: split.train.filter(isReadable),
    validation: split.validation.filter(isReadable),
    test: split.test.filter(isReadable),
  };
  for (const [part, samples] of Object.entries(kept)) {
    if (samples.length > 0) continue;
    throw new Error(`data set '${name}': no ${part} pair holds a token that the model knows on both sides; give more data`);
  }
  const unreadable = [...pairs.keys()].filter((sample) => !isReadable(sample));
  const [first] = unreadable;
  if (first === undefined) return { kept, left: [] };
  const { source, target } = pairs[first] as PairTexts['pairs'][number];
  const [from, to] = [source, target].map((text) => JSON.stringify(text.slice(0, QUOTED)));
  return {
    kept,
    left: [
      `${count(unreadable.length)} pairs have a side without a token that the model knows (the first: ${from}, ${to}); they are left out`,
    ],
  };
}
