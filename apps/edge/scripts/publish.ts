import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeArtifact } from '@unroll/artifact/artifact.ts';
import { type ModelIndex, withVersion } from '../src/models/model-index.ts';

/** What the Worker finds among its assets. */
const models = join(import.meta.dirname, '../dist/assets/models');

/** Builds a model in: puts its file among the Worker's assets, as its one version. */
export async function publishLocally(file: string): Promise<string> {
  const bytes = readFileSync(file);
  const { name, digest, metrics, createdAt, spec } = await decodeArtifact(bytes);
  const { type: task } = spec.task as { type: string };
  const version = { digest, bytes: bytes.length, task, metrics, createdAt, publishedAt: new Date().toISOString() };
  rmSync(join(models, name), { recursive: true, force: true });
  mkdirSync(join(models, name), { recursive: true });
  writeWhole(join(models, name, `${digest}.safetensors`), bytes);
  writeWhole(join(models, name, 'index.json'), JSON.stringify(withVersion(undefined, name, version)));
  writeIndex();
  return name;
}

/** Takes a model from the Worker's assets. */
export function unpublishLocally(name: string): void {
  rmSync(join(models, name), { recursive: true, force: true });
  writeIndex();
}

/** models/index.json lists what is built in: assets cannot be listed from inside the Worker. */
function writeIndex(): void {
  const names = readdirSync(models, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  const indexes = names.map((name) => JSON.parse(readFileSync(join(models, name, 'index.json'), 'utf8')) as ModelIndex);
  writeWhole(join(models, 'index.json'), JSON.stringify(indexes));
}

function writeWhole(path: string, content: Uint8Array | string): void {
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
}
