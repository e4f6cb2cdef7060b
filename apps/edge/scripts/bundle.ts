/**
 * Bundles the Worker as `wrangler deploy` uploads it, with the model files of a folder built in:
 * node scripts/bundle.ts --models FOLDER --out FOLDER
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeArtifact } from '@unroll/artifact/artifact.ts';
import { type ModelIndex, withVersion } from '../src/models/model-index.ts';
import { wranglerBinary, wranglerEnvironment } from './wrangler.ts';

const root = join(import.meta.dirname, '..');

if (import.meta.main) {
  const { models, out } = parseArgs({ options: { models: { type: 'string' }, out: { type: 'string' } } }).values;
  if (!models || !out) throw new Error('bundle: expected --models FOLDER --out FOLDER');
  const scratch = mkdtempSync(join(tmpdir(), 'unroll-bundle-'));
  try {
    await writeBuiltInModels(models, scratch);
    bundleWorker(scratch, out);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Bundles src/worker.ts into `out`. @param builtIn the folder that writeBuiltInModels filled. */
export function bundleWorker(builtIn: string, out: string): void {
  rmSync(out, { recursive: true, force: true });
  const alias = `#built-in-models:${resolve(builtIn, 'index.js')}`;
  execFileSync(process.execPath, [wranglerBinary(), 'deploy', '--env', '', '--dry-run', '--outdir', resolve(out), '--alias', alias], {
    cwd: root,
    env: wranglerEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Writes the module `#built-in-models`: every .safetensors file of a folder, each with an index of one version. */
export async function writeBuiltInModels(models: string, folder: string): Promise<ModelIndex[]> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = readdirSync(models).filter((file) => file.endsWith('.safetensors'));
  const entries = await Promise.all(files.sort().map((file) => writeModel(join(models, file), folder)));
  const indexes = entries.map(({ index }) => index);
  // Imported as data, like the files, so that V8 does not parse it.
  writeFileSync(join(folder, 'indexes.bin'), JSON.stringify(indexes));
  const script = [
    `import indexes from './indexes.bin';`,
    // Imported on first use, so that the Worker starts without copying every model into the isolate.
    `const files = [${entries.map(({ file }) => `() => import('./${file}')`).join(', ')}];`,
    `export default JSON.parse(new TextDecoder().decode(indexes)).map((index, i) => ({ index, file: files[i] }));`,
  ];
  writeFileSync(join(folder, 'index.js'), `${script.join('\n')}\n`);
  return indexes;
}

async function writeModel(path: string, folder: string) {
  const bytes = readFileSync(path);
  const { name, digest, metrics, createdAt, spec } = await decodeArtifact(bytes);
  const { type: task } = spec.task as { type: string };
  // Bundlers treat .bin as data.
  const file = `${digest}.bin`;
  writeFileSync(join(folder, file), bytes);
  // The time of training, not of the build: the same files give the same bundle.
  const version = { digest, bytes: bytes.length, task, metrics, createdAt, publishedAt: createdAt };
  return { file, index: withVersion(undefined, name, version) };
}
