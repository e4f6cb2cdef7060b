import type { FileHandle } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Tokenizer, type TokenizerOptions } from '@unroll/text/tokenizer.ts';
import type { ByteSource } from './bytes.ts';
import { partStarts } from './corpus.ts';
import { encodingOf } from './encoding.ts';
import { checkEncoding } from './records.ts';
import { characterCounts, cutsFor, decoded, textPieces } from './text-pieces.ts';
import { createTokenCounts } from './token-counts.ts';
import { type EncodedPiece, writeTokenFile } from './write-token-file.ts';

export interface PackOptions {
  /** For messages, and for display with each run. */
  name: string;
  /** Where the text comes from and under which license. */
  source: string;
  tokenizer: TokenizerOptions;
  /** Shares of the characters at the end of the text that are held out. */
  validation: number;
  test: number;
  /** As TextDecoder names it; detected if left out. */
  encoding?: string | undefined;
  /** Called with the bytes of the text that a pass has read. */
  onProgress?: ((pass: Pass, bytes: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export type Pass = 'detecting the encoding' | 'counting characters' | 'fitting the tokenizer' | 'encoding';

export interface PackedCorpus extends Awaited<ReturnType<typeof writeTokenFile>> {
  encoding: string;
  vocabularySize: number;
  /** Characters that are U+FFFD: bytes that are not in the encoding, or U+FFFD in the text itself. */
  replaced: number;
}

/**
 * Writes a text of any length as a token file. The text is read once to detect its encoding, once to count its characters, once to fit
 * the tokenizer on the training part and once to encode it. Memory grows with the number of different words, not with the text.
 * @param to a new file, open for writing.
 * @throws if a part has too few tokens, or with the signal's reason.
 */
export async function packCorpus(text: ByteSource, to: FileHandle, options: PackOptions): Promise<PackedCorpus> {
  const { name, source, onProgress = () => {}, signal } = options;
  const unfitted = new Tokenizer(options.tokenizer);
  const canCut = cutsFor(unfitted.toJSON()) ?? refuseToCut(unfitted);
  onProgress('detecting the encoding', 0);
  const encoding = options.encoding === undefined ? encodingOf(text) : checkEncoding(options.encoding, text.name);
  /** Lets events in between two pieces, such as Ctrl-C. */
  const reached = async (pass: Pass, bytes: number) => {
    onProgress(pass, bytes);
    await nextTurn();
    signal?.throwIfAborted();
  };

  let [characters, replaced] = [0, 0];
  for (const counted of characterCounts(decoded(text, encoding))) {
    characters += counted.characters;
    replaced += counted.replaced;
    await reached('counting characters', counted.bytes);
  }
  const starts = partStarts(characters, options);
  const pieces = () => textPieces(decoded(text, encoding), { name: text.name, starts, canCut });

  const counts = createTokenCounts(options.tokenizer);
  for (const piece of pieces()) {
    if (piece.part !== 'train') break;
    counts.add(unfitted.tokenize(piece.text));
    await reached('fitting the tokenizer', piece.bytes);
  }
  const tokenizer = counts.tokenizer();

  async function* encoded(): AsyncGenerator<EncodedPiece> {
    for (const { part, text, bytes } of pieces()) {
      yield encode(tokenizer, part, text);
      await reached('encoding', bytes);
    }
  }
  const written = await writeTokenFile(to, { name, source, tokenizer: tokenizer.toJSON() }, encoded());
  return { ...written, encoding, vocabularySize: tokenizer.vocabularySize, replaced };
}

function refuseToCut(tokenizer: Tokenizer): never {
  throw new Error(
    `tokenizer: words end at ${JSON.stringify(tokenizer.toJSON().split)}; a corpus is read in pieces that end at spaces or line breaks: ` +
      "use split: ' ', or charLevel: true",
  );
}

function encode(tokenizer: Tokenizer, part: EncodedPiece['part'], text: string): EncodedPiece {
  const tokens = tokenizer.tokenize(text);
  const ids = tokenizer.encode(tokens);
  const silent = tokenizer.silentIds;
  const unknown = ids.reduce((count, id) => count + Number(silent.includes(id)), tokens.length - ids.length);
  return { part, ids, unknown };
}
