/** Builds dist/self-hosted: what serves dist/worker and dist/assets without Cloudflare. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { AssetList } from '../../src/self-hosted/assets.ts';
import { configuration } from './configuration.ts';

const root = join(import.meta.dirname, '../..');

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

/** The deployed bundle stays the same bytes: the self-hosted Worker imports it instead of containing it. */
const deployedBundle: Plugin = {
  name: 'deployed-bundle',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.\/worker\.ts$/ }, () => ({ path: './worker.js', external: true }));
  },
};

/** Writes the folder `self-hosted` beside `worker` and `assets`. */
export async function buildSelfHosted(dist: string): Promise<void> {
  const out = join(dist, 'self-hosted');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  await build({
    entryPoints: [join(root, 'src/self-hosted/worker.ts')],
    outfile: join(out, 'self-hosted.js'),
    bundle: true,
    format: 'esm',
    target: 'esnext',
    external: ['cloudflare:workers'],
    plugins: [deployedBundle],
  });
  const commands = ['serve', 'back-up', 'export-models'];
  await build({
    entryPoints: commands.map((name) => join(root, `scripts/self-hosted/${name}.ts`)),
    outdir: out,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['workerd'],
  });
  writeFileSync(join(out, 'asset-list.json'), JSON.stringify(assetList(join(dist, 'assets'))));
  writeFileSync(join(out, 'unroll.capnp'), configuration(dist));
}

function assetList(assets: string): AssetList {
  const files = readdirSync(assets, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(
    paths.sort().map((path) => {
      const type = TYPES[extname(path)];
      if (!type) throw new Error(`build: no content type for ${path}; add one for ${extname(path)}`);
      const digest = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 32);
      return [path.slice(assets.length).replaceAll('\\', '/'), { type, etag: `"${digest}"` }];
    }),
  );
}
