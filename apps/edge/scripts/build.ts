/** Builds dist/assets (what the Worker hands out) and dist/worker (the bundle that `wrangler deploy` would upload). */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { wranglerBinary, wranglerEnvironment } from './wrangler.ts';

const root = join(import.meta.dirname, '..');
const assets = join(root, 'dist/assets');

// Models that were published to dist/assets/models stay.
cpSync(join(root, 'public'), assets, { recursive: true, filter: (path) => !path.endsWith('tsconfig.json') });
mkdirSync(join(assets, 'docs'), { recursive: true });
cpSync(join(root, 'public/docs.js'), join(assets, 'docs/docs.js'));
rmSync(join(assets, 'docs.js'));
const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js']) cpSync(join(swagger, file), join(assets, 'docs', file));

rmSync(join(root, 'dist/worker'), { recursive: true, force: true });
execFileSync(process.execPath, [wranglerBinary(), 'deploy', '--env', '', '--dry-run', '--outdir', 'dist/worker'], {
  cwd: root,
  env: wranglerEnvironment(),
  stdio: ['ignore', 'ignore', 'inherit'],
});
