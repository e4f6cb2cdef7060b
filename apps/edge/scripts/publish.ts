import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const models = join(import.meta.dirname, '../dist/assets/models');

/** Puts a model file among the Worker's local assets under a name. */
export function publishLocally(file: string, name: string): void {
  mkdirSync(models, { recursive: true });
  const target = join(models, `${name}.safetensors`);
  copyFileSync(file, `${target}.part`);
  renameSync(`${target}.part`, target);
  writeIndex();
}

/** Takes a model from the Worker's local assets. */
export function unpublishLocally(name: string): void {
  rmSync(join(models, `${name}.safetensors`), { force: true });
  writeIndex();
}

/** models/index.json lists what the Worker serves: assets cannot be listed from inside it. */
function writeIndex(): void {
  const names = readdirSync(models).flatMap((entry) => (entry.endsWith('.safetensors') ? [entry.slice(0, -'.safetensors'.length)] : []));
  writeFileSync(join(models, 'index.json'), JSON.stringify(names.sort()));
}
