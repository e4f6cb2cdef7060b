import { closeSync, openSync, readSync } from 'node:fs';

/** Bytes that are read in order or at an offset. A file is never loaded as a whole. */
export interface ByteSource {
  /** For messages: a path, or 'standard input'. */
  name: string;
  chunks(): Generator<Buffer>;
  at(place: { offset: number; bytes: number }): Buffer;
}

const CHUNK = 1 << 20;

/** Opens the file on each read. @param chunkBytes of each of `chunks()`. Reading throws an error that names the file. */
export function bytesOfFile(path: string, chunkBytes = CHUNK): ByteSource {
  const open = () => {
    try {
      return openSync(path, 'r');
    } catch (cause) {
      throw new Error(`cannot read ${path}: ${(cause as Error).message}`, { cause });
    }
  };
  const read = (file: number, buffer: Buffer) => {
    try {
      return readSync(file, buffer, 0, chunkBytes, null);
    } catch (cause) {
      throw new Error(`cannot read ${path}: ${(cause as Error).message}`, { cause });
    }
  };
  return {
    name: path,
    *chunks() {
      const file = open();
      try {
        for (;;) {
          const buffer = Buffer.alloc(chunkBytes);
          const length = read(file, buffer);
          if (length === 0) return;
          yield buffer.subarray(0, length);
        }
      } finally {
        closeSync(file);
      }
    },
    at({ offset, bytes }) {
      const buffer = Buffer.alloc(bytes);
      const file = open();
      try {
        readSync(file, buffer, 0, bytes, offset);
      } finally {
        closeSync(file);
      }
      return buffer;
    },
  };
}

export function bytesInMemory(name: string, bytes: Uint8Array): ByteSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    name,
    *chunks() {
      if (buffer.length) yield buffer;
    },
    at: ({ offset, bytes: length }) => buffer.subarray(offset, offset + length),
  };
}
