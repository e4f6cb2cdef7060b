/** Each linter finds its files by itself, and finds the fault in a bad one. Linters that are not installed are skipped. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const installed = existsSync(new URL('../../.linters/installed', import.meta.url));
if (!installed) console.log('linters: skipped, because infra/lint/install.sh has not run');
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!hasSystemd) console.log('systemd-analyze: skipped, because it is not installed');

let repository: string;
beforeAll(() => {
  repository = mkdtempSync(join(tmpdir(), 'unroll-lint-'));
  spawnSync('git', ['init', '--quiet'], { cwd: repository });
});
afterAll(() => rmSync(repository, { recursive: true }));

/** Lints a repository that has only this file. */
function lint(path: string, text: string): { status: number | null; output: string } {
  const file = join(repository, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(new URL('lint.ts', import.meta.url)), '--require'], {
    cwd: repository,
    encoding: 'utf8',
  });
  rmSync(file);
  return { status, output: stdout + stderr };
}

const pod = (field: string) => `{ spec: { containers: [{ name: train, ${field}: unroll-train }] } }`;
const job = (field: string) => `apiVersion: batch/v1\nkind: Job\nmetadata: { name: train }\nspec: { template: ${pod(field)} }\n`;
const mpiJob = (field: string) =>
  `apiVersion: kubeflow.org/v2beta1\nkind: MPIJob\nmetadata: { name: train }\nspec: { mpiReplicaSpecs: { Launcher: { template: ${pod(field)} } } }\n`;
const workflow = (run: string) => `on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: ${run}\n`;

const compose = (field: string) => `services: { serve: { image: unroll-serve, env_file: gone.env, ${field}: [ALL] } }\n`;
const unit = (field: string) => `[Service]\nExecStart=/opt/unroll/not-here --port 8080\n${field}=2\n`;

type Case = [linter: string, path: string, good: string, bad: string, finding: string];
const cases: Case[] = [
  ['hadolint', 'new/Dockerfile', 'FROM debian:bookworm\n', 'FROM debian\n', 'DL3006'],
  ['hadolint', 'new.Dockerfile', 'FROM debian:bookworm\n', 'FROM debian:bookworm\nRUN cd /tmp\n', 'DL3003'],
  ['shellcheck', 'a.sbatch', '#!/bin/bash\necho "$1"\n', '#!/bin/bash\necho $1\n', 'SC2086'],
  ['shellcheck', 'bin/no-suffix', '#!/bin/sh\necho "$1"\n', '#!/bin/sh\necho $1\n', 'SC2086'],
  ['actionlint', '.github/workflows/a.yml', workflow('echo "$HOME"'), workflow('echo $HOME'), 'SC2086'],
  ['kubeconform', 'job.yaml', job('image'), job('imagee'), "'imagee' not allowed"],
  ['kubeconform', 'deep/mpijob.yml', mpiJob('image'), mpiJob('imagee'), "'imagee' not allowed"],
  ['kustomize', 'all/kustomization.yaml', 'commonAnnotations: { a: b }\n', 'resources: [gone.yaml]\n', 'gone.yaml'],
  ['compose-spec', 'deep/compose.yaml', compose('cap_drop'), compose('cap_dropp'), 'cap_dropp'],
];
const systemdCases: Case[] = [['systemd-analyze', 'a.service', unit('RestartSec'), unit('RestartSecc'), "Unknown key 'RestartSecc'"]];

test.skipIf(!installed).each(cases)('%s reads %s', finds);
test.skipIf(!hasSystemd).each(systemdCases)('%s reads %s', finds);

function finds(...[linter, path, good, bad, finding]: Case): void {
  expect(lint(path, good)).toEqual({ status: 0, output: `${linter}: passed, 1 file\n` });
  const { status, output } = lint(path, bad);
  expect(output).toContain(finding);
  expect(output).toContain(`${linter}: FAILED, 1 file`);
  expect(status).toBe(1);
}
