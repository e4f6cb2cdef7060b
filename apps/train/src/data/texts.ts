import { type Split, stratifiedSplit } from '@unroll/datasets/split.ts';
import type { TextSource } from '@unroll/datasets/text-source.ts';
import { createRandom } from '@unroll/model/random.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { count, nothingKnown, type PreparedData, splitSummary } from './prepared-data.ts';
import { type Sequences, share, sharedFloats, sharedInts, startsOf } from './sequences.ts';

export interface PreparedTexts extends PreparedData {
  texts: TextSource;
  tokenizer: Tokenizer;
}

/** Labelled texts. The tokenizer sees training texts only; the split depends on the seed and keeps each label's share. */
export function prepareTexts(texts: TextSource, shares: { validation: number; test: number }, recipe: Recipe, seed: number): PreparedTexts {
  const classes = Int32Array.from({ length: texts.size }, (_, i) => texts.labelOf(i));
  const split = stratifiedSplit(Array.from(classes), shares, (n) => createRandom(seed, 'split').permutation(n));
  const tokenizer = new Tokenizer(recipe.tokenizer);
  tokenizer.fitOnTexts(each(split.train, texts.textOf));
  const { vocabularySize } = tokenizer;
  return {
    texts,
    split,
    tokenizer,
    known: { ...nothingKnown, vocabularySize, labels: texts.labels },
    summary: `${splitSummary(split, 'samples')}, ${count(vocabularySize)} words`,
    source: texts.source,
    warnings: [...texts.problems.map((problem) => `${texts.name}, ${problem}; the row is left out`), ...leaks(texts, split)],
    encode({ input }, { targetWidth }) {
      const sequences = texts.texts();
      return encodeTexts(sequences, tokenizer, input.maxLength, { classes, targetWidth });
    },
  };
}

/** One at a time: not all texts fit into memory. */
function* each<T>(samples: Int32Array, of: (i: number) => T): Generator<T> {
  for (const i of samples) yield of(i);
}

/** Ids, each text cut to `maxLength`, and its class, in shared memory. Texts are read once, in their order. */
function encodeTexts(
  texts: Iterable<string>,
  tokenizer: Tokenizer,
  maxLength: number,
  { classes, targetWidth }: { classes: Int32Array; targetWidth: number },
): Sequences {
  const lengths = sharedInts(classes.length);
  const pieces: Int32Array[] = [];
  let steps = 0;
  let i = 0;
  for (const text of texts) {
    const ids = Int32Array.from(tokenizer.encode(tokenizer.tokenize(text)).slice(0, maxLength));
    pieces.push(ids);
    lengths[i++] = ids.length;
    steps += ids.length;
  }
  const starts = startsOf(lengths);
  const inputs = sharedInts(steps);
  for (const [sample, ids] of pieces.entries()) inputs.set(ids, starts[sample]);
  const targets = sharedFloats(classes.length * targetWidth);
  for (const [sample, label] of classes.entries()) {
    if (targetWidth === 1) targets[sample] = label;
    else targets[sample * targetWidth + label] = 1;
  }
  return { inputs, features: 0, starts, lengths: share(lengths), targets, targetsOf: 'sample', targetWidth };
}

/** What is trained on and held out: the same text, or the same id. */
function leaks({ textOf, idOf, name }: TextSource, { train, validation, test }: Split): string[] {
  const held = [...validation, ...test];
  const shared = (of: (i: number) => string) => {
    const trained = new Set(each(train, of));
    return held.filter((i) => trained.has(of(i)));
  };
  const quoted = (of: (i: number) => string, i: number) => JSON.stringify(of(i).slice(0, 60));
  const twice = shared(textOf);
  const ids = idOf ? shared(idOf) : [];
  return [
    ...(twice.length
      ? [`${count(twice.length)} held-out texts are trained on too (${quoted(textOf, twice[0] as number)}, say): scores will flatter`]
      : []),
    ...(idOf && ids.length
      ? [
          `${name}: ${count(ids.length)} held-out rows have ids that are trained on too (${quoted(idOf, ids[0] as number)}, say): scores will flatter`,
        ]
      : []),
  ];
}
