/**
 * Writes the published models of a self-hosted server, which may run, as the files of its bucket:
 * npm run export-models -w @unroll/edge -- --data ./data --to ./bucket
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { program } from 'commander';
import { userPath } from '../user-path.ts';

const { data, to } = program
  .name('export-models')
  .requiredOption('--data <folder>', "the server's data folder")
  .requiredOption('--to <folder>', 'a folder that does not exist yet: index/NAME.json and models/NAME/...')
  .parse()
  .opts<{ data: string; to: string }>();

try {
  exportModels(userPath(data), userPath(to));
} catch (error) {
  console.error(`export-models: ${(error as Error).message}`);
  process.exitCode = 1;
}

function exportModels(folder: string, target: string): void {
  if (existsSync(target)) throw new Error(`${target} already exists; choose a new folder with --to`);
  const models = join(folder, 'models');
  const [bucket] = existsSync(models) ? readdirSync(models).filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file)) : [];
  if (!bucket) throw new Error(`${folder} is not the data folder of a server: it has no models/*.sqlite`);
  const database = new DatabaseSync(join(models, bucket), { readOnly: true });
  // One state of the bucket, even if the server writes meanwhile.
  database.exec('BEGIN');
  const keys = database.prepare("SELECT key FROM objects WHERE key LIKE 'models/%' OR key LIKE 'index/%'").all();
  const chunks = database.prepare('SELECT bytes FROM chunks WHERE key = ? ORDER BY number');
  for (const { key } of keys as { key: string }[]) {
    mkdirSync(dirname(join(target, key)), { recursive: true, mode: 0o700 });
    writeFileSync(join(target, key), Buffer.concat(chunks.all(key).map(({ bytes }) => bytes as Uint8Array)));
  }
  database.close();
  console.log(`${keys.length} files in ${target}`);
}
