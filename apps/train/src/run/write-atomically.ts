import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { getSystemErrorMessage } from 'node:util';

/** A file could not be written. */
export class WriteFailed extends Error {
  override readonly name = 'WriteFailed';
  readonly path: string;
  /** 'no space left on device (ENOSPC)' */
  readonly reason: string;

  constructor(path: string, cause: unknown) {
    const reason = reasonOf(cause);
    super(`cannot write ${path}: ${reason}`, { cause });
    this.path = path;
    this.reason = reason;
  }
}

/** The meaning of a system error, with its code; the message of any other error. */
export function reasonOf(error: unknown): string {
  const { errno, code, message } = error as NodeJS.ErrnoException;
  return errno !== undefined && code !== undefined ? `${getSystemErrorMessage(errno)} (${code})` : message;
}

type Content = string | Uint8Array | ((file: FileHandle) => Promise<void>);

/** Writes in progress, by path. Of two writes to one file, the later must win. */
const inProgress = new Map<string, Promise<void>>();

/**
 * Writes a file so that a reader, or the next start after a crash, finds the old or the new content, but never a part:
 * a temporary file is flushed to disk and then renamed.
 * @param content or a function that writes it into the temporary file.
 * @throws WriteFailed, or the function's own error; the old content stays.
 */
export async function writeAtomically(path: string, content: Content): Promise<void> {
  const key = resolve(path);
  const before = inProgress.get(key) ?? Promise.resolve();
  const now = before.catch(() => {}).then(() => replace(path, content));
  inProgress.set(key, now);
  try {
    await now;
  } catch (error) {
    throw content instanceof Function && (error as NodeJS.ErrnoException).errno === undefined ? error : new WriteFailed(path, error);
  } finally {
    if (inProgress.get(key) === now) inProgress.delete(key);
  }
}

async function replace(path: string, content: Content): Promise<void> {
  const beside = `${path}.${process.pid}.part`;
  try {
    const file = await open(beside, 'w');
    try {
      if (content instanceof Function) await content(file);
      else await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
