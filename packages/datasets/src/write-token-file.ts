import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { checkParts } from './corpus.ts';
import type { Split } from './split.ts';
import type { AboutCorpus } from './token-file.ts';
import { encodeHeader, HEADER_BYTES, type TokenFileHeader } from './token-file-header.ts';

/** Ids of one part, and how many of their tokens were not in the vocabulary. */
export interface EncodedPiece {
  part: keyof Split;
  ids: ArrayLike<number>;
  unknown: number;
}

const CHUNK = 1 << 20;
/** The coarsest file system keeps times in steps of this. */
const TIME_STEP_MS = 2000;

/**
 * Writes a token file. Pieces are written as they arrive, in the order of the parts. The header comes last, so a file that was not
 * finished is not a token file.
 * @param file empty, open for writing.
 * @throws if a part has too few tokens.
 */
export async function writeTokenFile(
  file: FileHandle,
  about: AboutCorpus,
  pieces: AsyncIterable<EncodedPiece> | Iterable<EncodedPiece>,
): Promise<Pick<TokenFileHeader, 'width' | 'tokens' | 'unknown'>> {
  const { words, numWords = words.length + 1 } = about.tokenizer;
  const width = Math.min(words.length + 1, numWords) <= 2 ** 16 ? 16 : 32;
  const bytes = width / 8;
  const json = paddedJson(about);
  await writeAll(file, json, HEADER_BYTES);

  const [tokens, unknown] = [noTokens(), noTokens()];
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(CHUNK);
  let [filled, at] = [0, HEADER_BYTES + json.length];
  const flush = async () => {
    hash.update(chunk.subarray(0, filled));
    await writeAll(file, chunk.subarray(0, filled), at);
    at += filled;
    filled = 0;
  };
  for await (const { part, ids, unknown: missing } of pieces) {
    for (let i = 0; i < ids.length; i++) {
      if (filled === CHUNK) await flush();
      if (width === 16) chunk.writeUInt16LE(ids[i] as number, filled);
      else chunk.writeUInt32LE(ids[i] as number, filled);
      filled += bytes;
    }
    tokens[part] += ids.length;
    unknown[part] += missing;
  }
  await flush();
  checkParts(about.name, tokens);

  const packedAt = Math.floor(Date.now() / TIME_STEP_MS) * TIME_STEP_MS;
  const jsonDigest = createHash('sha256').update(json).digest('hex');
  const header = { width, tokens, unknown, jsonBytes: json.length, jsonDigest, idsDigest: hash.digest('hex'), packedAt } as const;
  await writeAll(file, encodeHeader(header), 0);
  await file.utimes(packedAt / 1000, packedAt / 1000);
  return header;
}

const noTokens = (): Record<keyof Split, number> => ({ train: 0, validation: 0, test: 0 });

/** Spaces after the JSON align the ids. */
function paddedJson(about: AboutCorpus): Buffer {
  const json = Buffer.from(JSON.stringify(about));
  return Buffer.concat([json, Buffer.alloc(-json.length & 7, ' ')]);
}

/** One write may take fewer bytes than given. */
async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
