import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../run/write-atomically.ts';

const SQLITE_BUSY = 5;
const POLL_MS = 200;
/** Databases in use. One that nothing refers to may be collected as garbage, and its lock is then released. */
const inUse = new Set<DatabaseSync>();

/**
 * Runs `work` while no other process runs work under the same lock file, also on other machines with the same disk. The operating system
 * holds the lock and releases it when the process ends in any way, so a lock never outlives its holder. The file itself stays.
 * @param onWait is called once if another process holds the lock.
 */
export async function withLock<T>(
  path: string,
  { signal, onWait }: { signal: AbortSignal; onWait: () => void },
  work: () => Promise<T>,
): Promise<T> {
  const database = open(path);
  inUse.add(database);
  try {
    for (let waits = 0; !tryToLock(database); waits++) {
      if (waits === 0) onWait();
      await sleep(POLL_MS, undefined, { signal });
    }
    return await work();
  } finally {
    database.close();
    inUse.delete(database);
  }
}

function open(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 });
  } catch (cause) {
    throw new Error(`cannot open the lock ${path}: ${reasonOf(cause)}`, { cause });
  }
}

/** SQLite's exclusive transaction is a lock of the operating system on the file. Nothing is written to it. */
function tryToLock(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false;
    throw error;
  }
}
