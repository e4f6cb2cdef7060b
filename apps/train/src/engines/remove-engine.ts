import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { reasonOf } from '../run/write-atomically.ts';
import { lockFile } from './folders.ts';
import { withLock } from './lock.ts';
import type { Device } from './release.ts';
import { findEngines } from './state.ts';

const REMOVED = '.removed-';

/** Removes every version of an engine for a device, unfinished ones too, and gives their folders. */
export async function removeEngine(
  engines: string,
  device: Device,
  options: { signal: AbortSignal; onWait: () => void },
): Promise<string[]> {
  const remove = async () => {
    const found = findEngines(engines).filter((each) => each.device === device);
    for (const { path } of found) await removeFolder(path);
    // What removals that were cut short have left.
    for (const name of await readdir(engines)) if (name.startsWith(REMOVED)) await rm(join(engines, name), { recursive: true });
    return found.map(({ path }) => path);
  };
  return findEngines(engines).length === 0 ? [] : withLock(lockFile(engines), options, remove);
}

/** The folder loses its name first, so that a removal that is cut short leaves no engine that looks complete. */
async function removeFolder(path: string): Promise<void> {
  const removed = join(dirname(path), `${REMOVED}${basename(path)}-${process.pid}`);
  try {
    await rename(path, removed);
    await rm(removed, { recursive: true });
  } catch (cause) {
    throw new Error(`cannot remove ${path}: ${reasonOf(cause)}`, { cause });
  }
}
