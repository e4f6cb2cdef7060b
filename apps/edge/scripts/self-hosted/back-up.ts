/** Copies the data folder of a self-hosted server, which may run: npm run back-up -w @unroll/edge -- --data ./data --to ./backup */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { program } from 'commander';
import { userPath } from '../user-path.ts';
import { NAMESPACES } from './data-folder.ts';

const { data, to } = program
  .name('back-up')
  .requiredOption('--data <folder>', "the server's data folder")
  .requiredOption('--to <folder>', 'the copy, a folder that does not exist yet')
  .parse()
  .opts<{ data: string; to: string }>();

try {
  backUp(userPath(data), userPath(to));
} catch (error) {
  console.error(`back-up: ${(error as Error).message}`);
  process.exitCode = 1;
}

function backUp(from: string, target: string): void {
  const folders = NAMESPACES.filter((namespace) => existsSync(join(from, namespace)));
  if (folders.length === 0) throw new Error(`${from} is not the data folder of a server: it has no folder ${NAMESPACES.join(' or ')}`);
  if (existsSync(target)) throw new Error(`${target} already exists; choose a new folder with --to`);
  // Renamed at the end, so that a folder of that name is whole.
  const partial = `${target}.partial`;
  rmSync(partial, { recursive: true, force: true });
  for (const namespace of folders) {
    mkdirSync(join(partial, namespace), { recursive: true, mode: 0o700 });
    const files = readdirSync(join(from, namespace)).filter((file) => file.endsWith('.sqlite'));
    for (const file of files) copyDatabase(join(from, namespace, file), join(partial, namespace, file));
    console.log(`${namespace}: ${files.length} databases`);
  }
  renameSync(partial, target);
}

/** Copies one state of a database that another process may be writing to. */
function copyDatabase(file: string, copy: string): void {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    database.prepare('VACUUM INTO ?').run(copy);
  } finally {
    database.close();
  }
}
