import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A program that reads one kind of file. */
export interface Linter {
  /** A command that succeeds where the program is installed. */
  version: string[];
  /** Where the program comes from. `npm run lint:infra -- --require` fails without those of install.sh. */
  from: 'infra/lint/install.sh' | 'the machine';
  /** Whether the linter reads this file; `path` is relative to the root. */
  reads(path: string): boolean;
  commands(files: readonly string[]): string[][];
}

const hadolintConfig = fileURLToPath(new URL('hadolint.yaml', import.meta.url));
/** Kubernetes' own schemas and ours. Both folders name a file by kind, group and version. */
const schemaFolders = ['../../.linters/kubernetes-schemas/', '../kubernetes/schemas/'].map((folder) =>
  fileURLToPath(new URL(folder, import.meta.url)),
);
const kubeconform = [
  'kubeconform',
  '-strict',
  ...schemaFolders.flatMap((folder) => ['-schema-location', `${folder}{{.ResourceKind}}{{.KindSuffix}}.json`]),
];

export const linters: readonly Linter[] = [
  {
    version: ['hadolint', '--version'],
    from: 'infra/lint/install.sh',
    reads: (path) => /(^|[./])Dockerfile$/.test(path),
    commands: (files) => [['hadolint', '--config', hadolintConfig, ...files]],
  },
  {
    version: ['shellcheck', '--version'],
    from: 'infra/lint/install.sh',
    reads: (path) => /\.(sh|bash|sbatch)$/.test(path) || /^#!.*\b(ba|da)?sh\b/.test(textOf(path)),
    commands: (files) => [['shellcheck', ...files]],
  },
  {
    // Gives scripts in `run:` to shellcheck.
    version: ['actionlint', '-version'],
    from: 'infra/lint/install.sh',
    reads: (path) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path),
    commands: (files) => [['actionlint', ...files]],
  },
  {
    version: ['kubeconform', '-v'],
    from: 'infra/lint/install.sh',
    reads: (path) => isManifest(path) && !isKustomization(path),
    commands: (files) => [[...kubeconform, ...files]],
  },
  {
    version: ['kubectl', 'version', '--client'],
    from: 'the machine',
    reads: isKustomization,
    commands: (files) =>
      files.map((file) => ['bash', '-o', 'pipefail', '-c', 'kubectl kustomize "$0" | "$@"', dirname(file), ...kubeconform, '-summary']),
  },
  {
    version: ['docker', 'compose', 'version'],
    from: 'the machine',
    reads: (path) => /(^|\/)(docker-)?compose[^/]*\.ya?ml$/.test(path),
    commands: (files) => files.map((file) => ['docker', 'compose', '--file', file, 'config', '--quiet']),
  },
];

function isManifest(path: string): boolean {
  return /\.ya?ml$/.test(path) && /^apiVersion:/m.test(textOf(path)) && /^kind:/m.test(textOf(path));
}

function isKustomization(path: string): boolean {
  return /(^|\/)kustomization\.ya?ml$/.test(path);
}

function textOf(path: string): string {
  return readFileSync(path, 'utf8');
}
