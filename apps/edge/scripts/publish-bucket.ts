/**
 * Publishes all models of a bucket's files to another deployment, with their versions, aliases and rollbacks:
 * UNROLL_API_KEY=... npm run publish-bucket -w @unroll/edge -- --from ./bucket --to https://unroll.example.com
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, createClient } from '@unroll/client/client.ts';
import { parseOrThrow } from '@unroll/schema/check.ts';
import { program } from 'commander';
import { fileIn, LATEST, type ModelIndex, modelIndex } from '../src/models/model-index.ts';
import { userPath } from './user-path.ts';

const { from, to } = program
  .name('publish-bucket')
  .requiredOption('--from <folder>', 'index/NAME.json and models/NAME/..., as `export-models` or `rclone copy` writes them')
  .requiredOption('--to <url>', 'the deployment')
  .parse()
  .opts<{ from: string; to: string }>();

try {
  const { UNROLL_API_KEY: key } = process.env;
  if (!key) throw new Error('set UNROLL_API_KEY to a key with the scope admin');
  const folder = userPath(from);
  const client = createClient({ url: to, key });
  for (const index of indexes(folder)) await publishAll(client, folder, index);
} catch (error) {
  console.error(`publish-bucket: ${(error as Error).message}`);
  process.exitCode = 1;
}

function indexes(folder: string): ModelIndex[] {
  const files = readdirSync(join(folder, 'index')).filter((file) => file.endsWith('.json'));
  const read = files.map((file) => parseOrThrow(modelIndex, JSON.parse(readFileSync(join(folder, 'index', file), 'utf8')), file));
  // A model that was deleted has an index without versions.
  return read.filter(({ versions }) => versions.length > 0);
}

async function publishAll(client: Client, folder: string, index: ModelIndex): Promise<void> {
  const { name, versions, aliases } = index;
  for (const { digest } of versions.toReversed()) {
    const { upload = '' } = fileIn(index, digest);
    await client.publish(name, new Uint8Array(readFileSync(join(folder, 'models', name, upload, `${digest}.safetensors`))));
  }
  for (const [alias, { digest, previous }] of Object.entries(aliases)) {
    // Publishing has pointed `latest` to each version already.
    const before = alias === LATEST ? [] : previous.toReversed();
    for (const target of [...before, digest]) await client.pointAlias(name, alias, target);
  }
  console.log(`${name}: ${versions.length} versions, aliases ${Object.keys(aliases).join(', ')}`);
}
