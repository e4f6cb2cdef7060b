import type { TokenizerJson } from '@unroll/text/tokenizer.ts';
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

/** A part of a text between two code points, and how far the source has been read. */
export interface TextChunk {
  text: string;
  bytes: number;
}

/**
 * Yields a text in order, in pieces of about one chunk.
 * @param starts the code points at which validation and test begin.
 * @param canCut from cutsFor.
 * @throws if a stretch of `LONGEST` characters has no place to cut.
 */
export function* textPieces(
  chunks: Iterable<TextChunk>,
  { name, starts, canCut }: { name: string; starts: { validation: number; test: number }; canCut: CanCut },
): Generator<TextPiece> {
  const ends = [starts.validation, starts.test, Number.POSITIVE_INFINITY];
  let [part, position, rest, bytes] = [0, 0, '', 0];
  for (const { text, bytes: read } of chunks) {
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
      throw new Error(`${name}: ${LONGEST >> 20} million characters without a space or a line break; add line breaks to the text`);
  }
  yield { part: PARTS[part] as keyof Split, text: rest, bytes };
}

/** The characters (code points) of a text, and how many of them are U+FFFD, which replaces bytes that are not in the encoding. */
export function* characterCounts(chunks: Iterable<TextChunk>): Generator<{ characters: number; replaced: number; bytes: number }> {
  for (const { text, bytes } of chunks) {
    let replaced = 0;
    for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', at + 1)) replaced++;
    yield { characters: countCodePoints(text), replaced, bytes };
  }
}

/** The text of each chunk of bytes, without a byte order mark. */
export function* decoded(source: ByteSource, encoding: string): Generator<TextChunk> {
  const decoder = new TextDecoder(encoding);
  let bytes = 0;
  for (const chunk of source.chunks()) {
    bytes += chunk.length;
    yield { text: decoder.decode(chunk, { stream: true }), bytes };
  }
  yield { text: decoder.decode(), bytes };
}

/** Chunks of `units` UTF-16 units of a text in memory; none ends inside a character. */
export function* chunksOf(text: string, units: number): Generator<TextChunk> {
  for (let from = 0; from < text.length; ) {
    const end = from + units;
    const to = isPair(text, end - 1) ? end + 1 : end;
    yield { text: text.slice(from, to), bytes: to };
    from = to;
  }
}

/** Whether the unit at `i` and the next are one code point. */
const isPair = (text: string, i: number) => (text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;

export function countCodePoints(text: string, from = 0, to = text.length): number {
  let count = to - from;
  for (let i = from; i < to; i++) if (isPair(text, i)) count--;
  return count;
}

/** The index after `characters` code points from `from`, or the text's end. */
function unitsOf(text: string, from: number, characters: number): number {
  if (characters >= text.length - from) return text.length;
  let at = from;
  for (let i = 0; i < characters && at < text.length; i++) at += isPair(text, at) ? 2 : 1;
  return at;
}

/** Whether a text may be cut between two neighbouring UTF-16 units. */
export type CanCut = (before: string, after: string) => boolean;

/** Spaces, and letters without case rules or combining forms: cutting between two of them changes neither NFC nor lower case. */
const plain = /[A-Za-z0-9 \n\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]/;

/**
 * Where a text may be cut so that its pieces have the same tokens as the whole. No composed character begins or ends with a space or a
 * line feed, and neither lets the lower case of Σ look past it. Undefined if words end neither at spaces nor at line feeds.
 */
export function cutsFor({ charLevel, split, filters }: Pick<TokenizerJson, 'charLevel' | 'split' | 'filters'>): CanCut | undefined {
  if (charLevel) return (before, after) => before === ' ' || before === '\n' || (plain.test(before) && plain.test(after));
  const separators = [' ', '\n'].filter((character) => character === split || filters.includes(character));
  return separators.length > 0 && split.length === 1 ? (before) => separators.includes(before) : undefined;
}

/** The last index at which a text may be cut; 0 if there is none. @param uncut the text up to here has no such index. */
function lastCut(text: string, uncut: number, canCut: CanCut): number {
  for (let at = text.length - 1; at >= Math.max(1, uncut); at--) if (canCut(text[at - 1] as string, text[at] as string)) return at;
  return 0;
}
