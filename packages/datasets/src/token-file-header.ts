import { createHash } from 'node:crypto';
import type { Split } from './split.ts';

/**
 * The first bytes of a token file, little-endian:
 *
 *   0    8 bytes   'UNRLTOKS'
 *   8    uint32    version
 *   12   uint32    bits of an id: 16 or 32
 *   16   3 uint64  tokens of the training, validation and test part
 *   40   3 uint64  tokens of each part that are not in the vocabulary
 *   64   uint64    bytes of the JSON after the header
 *   72   32 bytes  SHA-256 of the JSON
 *   104  32 bytes  SHA-256 of the ids
 *   136  32 bytes  SHA-256 of bytes 0 to 135
 *   168  uint64    time of packing, milliseconds since 1970
 *   176  16 bytes  zeros
 *
 * Then the JSON (name, source, tokenizer), then the ids, part by part.
 */
export interface TokenFileHeader {
  width: 16 | 32;
  tokens: Record<keyof Split, number>;
  unknown: Record<keyof Split, number>;
  jsonBytes: number;
  /** SHA-256 digests in hexadecimal digits. */
  jsonDigest: string;
  idsDigest: string;
  /** The file's time of modification, unless it was changed or copied later. */
  packedAt: number;
}

export const HEADER_BYTES = 192;
const MAGIC = 'UNRLTOKS';
const VERSION = 1;
const SEALED_BYTES = 136;
const PARTS = ['train', 'validation', 'test'] as const;
/** A tokenizer of 16 million words, the most that a Map holds, takes less. */
const JSON_AT_MOST = 2 ** 29;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

export function encodeHeader({ width, tokens, unknown, jsonBytes, jsonDigest, idsDigest, packedAt }: TokenFileHeader): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 'latin1');
  header.writeUInt32LE(VERSION, 8);
  header.writeUInt32LE(width, 12);
  for (const [i, part] of PARTS.entries()) {
    header.writeBigUInt64LE(BigInt(tokens[part]), 16 + 8 * i);
    header.writeBigUInt64LE(BigInt(unknown[part]), 40 + 8 * i);
  }
  header.writeBigUInt64LE(BigInt(jsonBytes), 64);
  header.write(jsonDigest, 72, 'hex');
  header.write(idsDigest, 104, 'hex');
  sha256(header.subarray(0, SEALED_BYTES)).copy(header, SEALED_BYTES);
  header.writeBigUInt64LE(BigInt(packedAt), 168);
  return header;
}

/**
 * @param size of the whole file in bytes.
 * @returns the header, and the digest of all it says except the time of packing.
 * @throws an error that says what is wrong with the file.
 */
export function decodeHeader(header: Buffer, size: number): TokenFileHeader & { digest: string } {
  if (header.toString('latin1', 0, 8) !== MAGIC) throw new Error('it is not a token file; write one with: unroll pack');
  const version = header.length < 12 ? 0 : header.readUInt32LE(8);
  if (version !== VERSION) {
    throw new Error(`it has version ${version} of the format, this program reads version ${VERSION}; pack the text again`);
  }
  if (header.length < HEADER_BYTES) throw new Error(`it ends after ${header.length} bytes, inside its header; ${PACK_AGAIN}`);
  const seal = header.subarray(SEALED_BYTES, SEALED_BYTES + 32);
  if (!sha256(header.subarray(0, SEALED_BYTES)).equals(seal)) throw new Error(`its header is damaged; ${PACK_AGAIN}`);

  const width = header.readUInt32LE(12);
  const whole = (at: number) => Number(header.readBigUInt64LE(at));
  const counts = (at: number) => ({ train: whole(at), validation: whole(at + 8), test: whole(at + 16) });
  const [tokens, unknown, jsonBytes] = [counts(16), counts(40), whole(64)];
  if (width !== 16 && width !== 32) throw new Error(`its ids have ${width} bits; expected 16 or 32`);
  const expected = HEADER_BYTES + jsonBytes + ((tokens.train + tokens.validation + tokens.test) * width) / 8;
  if (size !== expected) throw new Error(`it has ${size} bytes; its header says ${expected}; ${PACK_AGAIN}`);
  if (jsonBytes > JSON_AT_MOST) throw new Error(`its tokenizer takes ${jsonBytes} bytes; expected at most ${JSON_AT_MOST}`);
  return {
    width,
    tokens,
    unknown,
    jsonBytes,
    jsonDigest: header.toString('hex', 72, 104),
    idsDigest: header.toString('hex', 104, 136),
    packedAt: whole(168),
    digest: seal.toString('hex'),
  };
}

export const PACK_AGAIN = 'copy it again, or pack the text again';
