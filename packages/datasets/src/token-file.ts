import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { parseOrThrow } from '@unroll/schema/check.ts';
import { Tokenizer, tokenizerJson } from '@unroll/text/tokenizer.ts';
import * as v from 'valibot';
import { checkParts } from './corpus.ts';
import type { Split } from './split.ts';
import { decodeHeader, HEADER_BYTES, PACK_AGAIN, type TokenFileHeader } from './token-file-header.ts';

/** What reading a token file needs; plain data. The file is never loaded as a whole, and no page of it is mapped. */
export interface TokenFile {
  path: string;
  /** Bits of an id. */
  width: 16 | 32;
  /** The ids of each part. The parts follow each other. */
  tokens: Record<keyof Split, number>;
  /** Ids are from 1 to below this. */
  vocabularySize: number;
  /** The byte of the first id. */
  offset: number;
  /** SHA-256 of the header, which has the digests of the tokenizer and of the ids. */
  digest: string;
  /** Of the file when it was opened: bytes, and milliseconds since 1970. */
  size: number;
  modified: number;
}

const aboutSchema = v.strictObject({ name: v.string(), source: v.string(), tokenizer: tokenizerJson });
/** The JSON in a token file. */
export type AboutCorpus = v.InferOutput<typeof aboutSchema>;

export interface OpenedTokenFile extends Pick<AboutCorpus, 'name' | 'source'> {
  file: TokenFile;
  tokenizer: Tokenizer;
  /** The tokens of each part that are not in the vocabulary. */
  unknown: Record<keyof Split, number>;
  /** Whether opening it compared all ids with their digest, because the file was copied or changed after packing. */
  checked: boolean;
  /** Milliseconds since 1970. A file with another time of modification was copied or changed. */
  packedAt: number;
}

/**
 * Reads the header and the tokenizer. Reads and checks the ids only if the file's time is not the time of packing, or if `always` is set.
 * @throws an error that names the file, what is wrong with it and what to do.
 */
export function openTokenFile(path: string, { always = false } = {}): OpenedTokenFile {
  return withFile(path, (descriptor) => {
    const { size, mtimeMs } = fstatSync(descriptor);
    const header = decodeHeader(readBytes(descriptor, 0, Math.min(size, HEADER_BYTES)), size);
    const { tokens, width, unknown, jsonBytes, jsonDigest, digest, packedAt } = header;
    const json = readBytes(descriptor, HEADER_BYTES, jsonBytes);
    if (createHash('sha256').update(json).digest('hex') !== jsonDigest) throw new Error(`its tokenizer is damaged; ${PACK_AGAIN}`);
    const { name, source, tokenizer: words } = parseOrThrow(aboutSchema, JSON.parse(json.toString()), 'its description');
    const tokenizer = Tokenizer.fromJSON(words);
    const { vocabularySize } = tokenizer;
    checkParts(name, tokens);
    const offset = HEADER_BYTES + jsonBytes;
    const file = { path, width, tokens, vocabularySize, offset, digest, size, modified: mtimeMs };
    const checked = always || mtimeMs !== packedAt;
    if (checked) checkIds(descriptor, file, header);
    return { name, source, file, tokenizer, unknown, checked, packedAt };
  });
}

/**
 * Reads windows of ids, each with positioned reads of its own bytes. Opens the file once for all of them.
 * @throws if the file was changed since openTokenFile, or if an id is not in the vocabulary.
 */
export function readTokens(file: TokenFile, windows: readonly { start: number; length: number }[]): Int32Array[] {
  const { path, width, vocabularySize, offset, size, modified } = file;
  const bytes = width / 8;
  return withFile(path, (descriptor) => {
    const now = fstatSync(descriptor);
    if (now.size !== size || now.mtimeMs !== modified) throw new Error('it was changed during the run; restore it and resume the run');
    return windows.map(({ start, length }) => {
      const raw = readBytes(descriptor, offset + start * bytes, length * bytes);
      return Int32Array.from({ length }, (_, i) => {
        const id = width === 16 ? raw.readUInt16LE(i * bytes) : raw.readUInt32LE(i * bytes);
        if (id >= 1 && id < vocabularySize) return id;
        throw new Error(`token ${start + i} has id ${id}; its tokenizer has ids from 1 to ${vocabularySize - 1}; ${PACK_AGAIN}`);
      });
    });
  });
}

const CHUNK = 1 << 20;

/** @throws if the ids do not have the header's digest. */
function checkIds(descriptor: number, { offset, size }: TokenFile, { idsDigest }: TokenFileHeader): void {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(CHUNK);
  for (let at = offset; at < size; ) {
    const read = readSync(descriptor, chunk, 0, CHUNK, at);
    if (read === 0) break;
    hash.update(chunk.subarray(0, read));
    at += read;
  }
  const actual = hash.digest('hex');
  if (actual === idsDigest) return;
  throw new Error(`its ids have SHA-256 ${actual.slice(0, 12)}…, its header says ${idsDigest.slice(0, 12)}…; ${PACK_AGAIN}`);
}

function withFile<R>(path: string, use: (descriptor: number) => R): R {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    return use(descriptor);
  } catch (cause) {
    throw new Error(`cannot read token file ${path}: ${(cause as Error).message}`, { cause });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** One read may return fewer bytes than asked for. */
function readBytes(descriptor: number, from: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const read = readSync(descriptor, buffer, done, length - done, from + done);
    if (read === 0) throw new Error(`it ends at byte ${from + done}; ${PACK_AGAIN}`);
    done += read;
  }
  return buffer;
}
