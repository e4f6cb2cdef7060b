import type { TokenizerOptions } from '@unroll/text/tokenizer.ts';
import type { ByteSource } from './bytes.ts';
import type { Split } from './split.ts';

/** A piece of a corpus. The tokens of the pieces of a part are the tokens of the part. */
export interface TextPiece {
  part: keyof Split;
  text: string;
  /** Bytes read so far, for display. */
  bytes: number;
}

const PARTS = ['train', 'validation', 'test'] as const;
/** A longer stretch without a cut is an error: it does not fit into memory with its tokens. */
const LONGEST = 1 << 25;

/**
 * Yields a text in order, in pieces of about one chunk of the source.
 * @param starts the code points at which validation and test begin.
 * @param canCut from cutsFor.
 * @throws if a stretch of `LONGEST` characters has no place to cut.
 */
export function* textPieces(
  source: ByteSource,
  encoding: string,
  { starts, canCut }: { starts: { validation: number; test: number }; canCut: CanCut },
): Generator<TextPiece> {
  const ends = [starts.validation, starts.test, Number.POSITIVE_INFINITY];
  let [part, position, rest, bytes] = [0, 0, '', 0];
  for (const { text, bytes: read } of decoded(source, encoding)) {
    let from = 0;
    let uncut = rest.length;
    bytes = read;
    for (;;) {
      const left = (ends[part] as number) - position;
      const to = unitsOf(text, from, left);
      position += countCodePoints(text, from, to);
      rest += text.slice(from, to);
      from = to;
      if (position < (ends[part] as number)) break;
      yield { part: PARTS[part++] as keyof Split, text: rest, bytes };
      rest = '';
      uncut = 0;
    }
    const cut = lastCut(rest, uncut, canCut);
    if (cut > 0) {
      yield { part: PARTS[part] as keyof Split, text: rest.slice(0, cut), bytes };
      rest = rest.slice(cut);
    }
    if (rest.length > LONGEST)
      throw new Error(`${source.name}: ${LONGEST >> 20} million characters without a space or a line break; add line breaks to the text`);
  }
  yield { part: PARTS[part] as keyof Split, text: rest, bytes };
}

/** The characters (code points) of a text, and how many of them are U+FFFD, which replaces bytes that are not in the encoding. */
export function* characterCounts(source: ByteSource, encoding: string): Generator<{ characters: number; replaced: number; bytes: number }> {
  for (const { text, bytes } of decoded(source, encoding)) {
    let replaced = 0;
    for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) replaced++;
    yield { characters: countCodePoints(text, 0, text.length), replaced, bytes };
  }
}

/** The text of each chunk, without a byte order mark. */
function* decoded(source: ByteSource, encoding: string): Generator<{ text: string; bytes: number }> {
  const decoder = new TextDecoder(encoding);
  let bytes = 0;
  for (const chunk of source.chunks()) {
    bytes += chunk.length;
    yield { text: decoder.decode(chunk, { stream: true }), bytes };
  }
  yield { text: decoder.decode(), bytes };
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00;

function countCodePoints(text: string, from: number, to: number): number {
  let count = to - from;
  for (let i = from; i < to; i++) if (isHighSurrogate(text.charCodeAt(i))) count--;
  return count;
}

/** The index after `characters` code points from `from`, or the text's end. */
function unitsOf(text: string, from: number, characters: number): number {
  if (characters >= text.length - from) return text.length;
  let at = from;
  for (let i = 0; i < characters && at < text.length; i++) at += isHighSurrogate(text.charCodeAt(at)) ? 2 : 1;
  return at;
}

/** Whether a text may be cut between two neighbouring UTF-16 units. */
type CanCut = (before: string, after: string) => boolean;

/** Spaces, and letters without case rules or combining forms: cutting between two of them changes neither NFC nor lower case. */
const plain = /[A-Za-z0-9 \n\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]/;

/**
 * Where a text may be cut so that its pieces have the same tokens as the whole. No composed character begins or ends with a space or a
 * line feed, and neither lets the lower case of Σ look past it.
 * @throws if words do not end at spaces or line feeds.
 */
export function cutsFor({ charLevel = false, split = ' ', filters }: TokenizerOptions & { filters: string }): CanCut {
  if (charLevel) return (before, after) => plain.test(before) && plain.test(after);
  const separators = [' ', '\n'].filter((character) => character === split || filters.includes(character));
  if (separators.length === 0 || split.length > 1) {
    throw new Error(
      `tokenizer: words end at ${JSON.stringify(split)}; a corpus is read in pieces that end at spaces or line breaks: ` +
        "use split: ' ', or charLevel: true",
    );
  }
  return (before) => separators.includes(before);
}

/** The last index at which a text may be cut; 0 if there is none. @param uncut the text up to here has no such index. */
function lastCut(text: string, uncut: number, canCut: CanCut): number {
  for (let at = text.length - 1; at >= Math.max(1, uncut); at--) if (canCut(text[at - 1] as string, text[at] as string)) return at;
  return 0;
}
