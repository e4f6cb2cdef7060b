import { copyFileSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const models = join(import.meta.dirname, '../dist/assets/models');

/** Puts a model file among the Worker's local assets under a name, and lists it in index.json. */
export function publishLocally(file: string, name: string): void {
  mkdirSync(models, { recursive: true });
  const target = join(models, `${name}.safetensors`);
  copyFileSync(file, `${target}.part`);
  renameSync(`${target}.part`, target);
  const names = readdirSync(models).flatMap((entry) => (entry.endsWith('.safetensors') ? [entry.slice(0, -'.safetensors'.length)] : []));
  writeFileSync(join(models, 'index.json'), JSON.stringify(names.sort()));
}
