/**
 * Lints Dockerfiles, shell scripts, workflows, manifests, Compose files and systemd units with the linters at hand: `npm run lint:infra`.
 * Linters find their files themselves. --require fails if a linter is missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Linter, linters } from './linters.ts';

const require = process.argv.includes('--require');
const programs = fileURLToPath(new URL('../../.linters/bin', import.meta.url));
process.env.PATH = `${programs}${delimiter}${process.env.PATH}`;

const files = filesOfRepository();
const failed = linters.filter((linter) => !passes(linter, files.filter(linter.reads)));
process.exitCode = failed.length ? 1 : 0;

/** Files of the repository in the current folder, also those not yet added to git. */
function filesOfRepository(): string[] {
  const { stdout, stderr, status } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`git ls-files failed: ${stderr}`);
  return stdout.split('\0').filter((path) => path && !path.endsWith('/') && existsSync(path));
}

function passes({ version, from, commands }: Linter, files: readonly string[]): boolean {
  const [name] = version;
  if (!files.length) return true;
  if (!succeeds(version)) {
    console.log(
      `${name}: ${require ? 'FAILED' : 'skipped'}, because it is not installed; it would read ${files.join(', ')}. Install it with ${from}`,
    );
    return !require;
  }
  const findings = commands(files).filter((command) => !succeeds(command, 'inherit'));
  console.log(`${name}: ${findings.length ? 'FAILED' : 'passed'}, ${files.length} ${files.length === 1 ? 'file' : 'files'}`);
  return !findings.length;
}

function succeeds([program = '', ...args]: string[], stdio: 'ignore' | 'inherit' = 'ignore'): boolean {
  return spawnSync(program, args, { stdio: ['ignore', stdio, stdio] }).status === 0;
}
