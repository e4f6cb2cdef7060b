import { accessSync, constants, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The folders that workerd makes in the data folder: the unique keys of its Durable Object namespaces. */
export const NAMESPACES = ['models', 'sessions'] as const;

const SQLITE_BUSY = 5;

/** Kept open while this process runs. The system releases their locks when it ends, also after kill -9. */
const locks: DatabaseSync[] = [];

/**
 * Makes the data folder if there is none, and locks it for this process. @throws if the folder cannot be written to or a server uses it.
 */
export function claimDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    for (const path of stored(folder)) accessSync(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw new Error(`cannot write to the data folder ${folder} (${(error as Error).message}); ${remedy(folder)}`);
  }
  locks.push(
    lock(join(folder, 'lock.sqlite'), `another server uses the data folder ${folder}; stop it first, or choose another folder with --data`),
  );
  for (const namespace of NAMESPACES) {
    // workerd holds it open while it runs.
    const file = join(folder, namespace, 'metadata.sqlite');
    const used = `a workerd that outlived its server still uses the data folder ${folder}; find it with 'pgrep -a workerd' and stop it`;
    if (existsSync(file)) lock(file, used).close();
  }
}

/** The folders of the namespaces and the files of published models. Sessions are too many to look at each. */
function stored(folder: string): string[] {
  const folders = NAMESPACES.map((namespace) => join(folder, namespace)).filter(existsSync);
  const [models] = folders;
  return [...folders, ...(models ? readdirSync(models).map((file) => join(models, file)) : [])];
}

function remedy(folder: string): string {
  const uid = process.getuid?.();
  return uid === undefined
    ? 'choose another with --data'
    : `give it to the server's user (chown -R ${uid} ${folder}) or choose another with --data`;
}

/** Opens a database and locks it. @throws `used` if another process has it open. */
function lock(file: string, used: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) throw new Error(used);
    throw new Error(`cannot open ${file} (${(error as Error).message})`);
  }
}
