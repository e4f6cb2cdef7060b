import { open, rename, rm } from 'node:fs/promises';

/**
 * Writes a file so that a reader, or the next start after a crash, finds the old content or the new, never half of it:
 * a file beside it, flushed to disk, takes its name.
 */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
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
