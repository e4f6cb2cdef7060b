import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** One page of SQLite: a database without a table. */
const EMPTY_BYTES = 4096;

/** Removes the files of sessions that were deleted: workerd empties their databases but keeps the files. Only while no server runs. */
export function removeEndedSessions(folder: string): void {
  const sessions = join(folder, 'sessions');
  if (!existsSync(sessions)) return;
  for (const file of readdirSync(sessions)) {
    const path = join(sessions, file);
    if (/^[0-9a-f]{64}\.sqlite$/.test(file) && isEmpty(path)) rmSync(path);
  }
}

function isEmpty(path: string): boolean {
  // The log of writes may hold tables that the database does not have yet.
  if (statSync(path).size !== EMPTY_BYTES || existsSync(`${path}-wal`)) return false;
  const database = new DatabaseSync(path);
  try {
    return database.prepare('SELECT name FROM sqlite_schema').all().length === 0;
  } finally {
    database.close();
  }
}
