import { checkParts, partStarts } from '@unroll/datasets/corpus.ts';
import type { Split } from '@unroll/datasets/split.ts';
import { chunksOf, countCodePoints, cutsFor, type TextPiece, textPieces } from '@unroll/datasets/text-pieces.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import type { DataSpec } from '../recipe/data-spec.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { count, nothingKnown, type PreparedData } from './prepared-data.ts';
import { sharedFloats, sharedInts, toShared } from './sequences.ts';

export interface PreparedCorpus extends PreparedData {
  tokenizer: Tokenizer;
}

/**
 * One long text, cut into training, validation and test in this order. Each part is one sample, and the target of a step is the next
 * token. The tokenizer sees the training part only.
 * @throws if a part is too short.
 */
export function prepareCorpus(data: Extract<DataSpec, { type: 'corpus' }>, recipe: Recipe): PreparedCorpus {
  const { text, name, source } = data.load();
  const tokenizer = new Tokenizer(recipe.tokenizer);
  const corpus = { text, name, starts: partStarts(countCodePoints(text), data) };
  tokenizer.fitOnTexts(trainingPieces(corpus, tokenizer));
  const own = idsOf(corpus, tokenizer);
  const { vocabularySize } = tokenizer;
  return {
    tokenizer,
    known: { ...nothingKnown, vocabularySize },
    split: { train: Int32Array.of(0), validation: Int32Array.of(1), test: Int32Array.of(2) },
    summary: corpusSummary(own.tokens, vocabularySize),
    source,
    warnings: [],
    encode({ tokenizer: given }) {
      const { ids, tokens } = given && given !== tokenizer ? idsOf(corpus, given) : own;
      const targets = sharedFloats(ids.length);
      targets.set(ids.subarray(1));
      const { train, validation, test } = tokens;
      return {
        sequences: {
          inputs: ids,
          features: 0,
          starts: toShared(Int32Array.of(0, train, train + validation)),
          // The last token of a part has no next token.
          lengths: toShared(Int32Array.of(train - 1, validation - 1, test - 1)),
          targets,
          targetsOf: 'step',
          targetWidth: 1,
        },
      };
    },
  };
}

export const corpusSummary = ({ train, validation, test }: Record<keyof Split, number>, vocabularySize: number): string =>
  `${count(train)} training, ${count(validation)} validation, ${count(test)} test tokens, ${count(vocabularySize)} different`;

interface TextInParts {
  name: string;
  text: string;
  /** In code points. */
  starts: ReturnType<typeof partStarts>;
}

/** The ids of all parts in shared memory, and how many each has. @throws if a part is too short. */
function idsOf(corpus: TextInParts, tokenizer: Tokenizer): { ids: Int32Array; tokens: Record<keyof Split, number> } {
  const pieces: Int32Array[] = [];
  const tokens = { train: 0, validation: 0, test: 0 };
  for (const { part, text } of piecesOf(corpus, tokenizer)) {
    const ids = Int32Array.from(tokenizer.encode(tokenizer.tokenize(text)));
    pieces.push(ids);
    tokens[part] += ids.length;
  }
  checkParts(corpus.name, tokens);
  const ids = sharedInts(tokens.train + tokens.validation + tokens.test);
  let at = 0;
  for (const piece of pieces) {
    ids.set(piece, at);
    at += piece.length;
  }
  return { ids, tokens };
}

function* trainingPieces(corpus: TextInParts, tokenizer: Tokenizer): Generator<string> {
  for (const { part, text } of piecesOf(corpus, tokenizer)) {
    if (part !== 'train') return;
    yield text;
  }
}

/** UTF-16 units of a piece. */
const PIECE = 1 << 13;

/** The parts in small pieces, because tokens take many times the memory of their text. A part is one piece if words end at neither spaces nor line feeds. */
function piecesOf({ name, text, starts }: TextInParts, tokenizer: Tokenizer): Generator<TextPiece> {
  const canCut = cutsFor(tokenizer.toJSON());
  return textPieces(chunksOf(text, canCut ? PIECE : text.length), { name, starts, canCut: canCut ?? (() => false) });
}
