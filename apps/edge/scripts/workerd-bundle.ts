import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The modules of a bundle that wrangler made, for a workerd configuration. @param path of the bundle's folder, relative to the configuration. */
export function bundledModules(bundle: string, path: string): string[] {
  const files = (ending: string, kind: string) =>
    readdirSync(bundle).flatMap((file) => (file.endsWith(ending) ? [`(name = "${file}", ${kind} = embed "${path}/${file}")`] : []));
  return [`(name = "worker.js", esModule = embed "${path}/worker.js")`, ...files('.wasm', 'wasm'), ...files('.bin', 'data')];
}

/** The compatibility date of wrangler.jsonc. */
export function compatibilityDate(): string {
  const settings = readFileSync(join(import.meta.dirname, '../wrangler.jsonc'), 'utf8');
  const [, date] = /"compatibility_date": "([\d-]+)"/.exec(settings) ?? [];
  if (!date) throw new Error('wrangler.jsonc has no compatibility_date');
  return date;
}
