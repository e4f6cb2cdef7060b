import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';

/** Writes under way, by path: of two to one file the later one must be the last. */
const underWay = new Map<string, Promise<void>>();

/**
 * Writes a file so that a reader, or the next start after a crash, finds the old content or the new, never half of it:
 * a file beside it, flushed to disk, takes its name.
 */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const key = resolve(path);
  const before = underWay.get(key) ?? Promise.resolve();
  const now = before.catch(() => {}).then(() => replace(path, content));
  underWay.set(key, now);
  try {
    await now;
  } finally {
    if (underWay.get(key) === now) underWay.delete(key);
  }
}

async function replace(path: string, content: string | Uint8Array): Promise<void> {
  const beside = `${path}.${process.pid}.part`;
  try {
    const file = await open(beside, 'w');
    try {
      await file.writeFile(content);
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
