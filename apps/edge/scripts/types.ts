/** Writes src/deployed-env.d.ts, the types of the production bindings in wrangler.jsonc: npm run types [-- FILE] */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wranglerBinary, wranglerEnvironment } from './wrangler.ts';

const root = join(import.meta.dirname, '..');
const target = process.argv[2] ?? 'src/deployed-env.d.ts';
// wrangler writes only below this folder, and writes the file's name into the file.
const made = 'src/deployed-env.made.d.ts';
const options = ['--env', 'production', '--include-runtime=false', '--strict-vars=false', '--env-interface', 'DeployedEnv'];
execFileSync(process.execPath, [wranglerBinary(), 'types', made, ...options], {
  cwd: root,
  env: wranglerEnvironment(),
  stdio: ['ignore', 'ignore', 'inherit'],
});
const [, , ...lines] = readFileSync(join(root, made), 'utf8').split('\n');
rmSync(join(root, made));
writeFileSync(join(root, target), ['// Written by scripts/types.ts from wrangler.jsonc.', ...lines].join('\n'));
