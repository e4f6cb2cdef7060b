import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A program that reads one kind of file. */
export interface Linter {
  /** A command that succeeds where the program is installed. */
  version: string[];
  /** What installs the program. */
  from: 'infra/lint/install.sh' | "Debian's package systemd";
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

/** Verifies a copy that starts /bin/true, because the unit's own program is not installed here. */
const verifyUnit = `
  folder=$(mktemp -d)
  trap 'rm -r "$folder"' EXIT
  sed -E 's|^(Exec[A-Za-z]+=[-@:+!]*)[^ ]+|\\1/bin/true|' "$0" > "$folder/\${0##*/}"
  systemd-analyze verify --man=no --recursive-errors=no "$folder/\${0##*/}"`;

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
    version: ['kustomize', 'version'],
    from: 'infra/lint/install.sh',
    reads: isKustomization,
    commands: (files) =>
      files.map((file) => ['bash', '-o', 'pipefail', '-c', 'kustomize build "$0" | "$@"', dirname(file), ...kubeconform]),
  },
  {
    // The parser of Docker Compose. It does not need the files of `env_file`, which a clone lacks.
    version: ['compose-spec', '-help'],
    from: 'infra/lint/install.sh',
    reads: (path) => /(^|\/)(docker-)?compose[^/]*\.ya?ml$/.test(path),
    commands: (files) => files.map((file) => ['bash', '-c', 'compose-spec "$0" > /dev/null', file]),
  },
  {
    version: ['systemd-analyze', '--version'],
    from: "Debian's package systemd",
    reads: (path) => path.endsWith('.service'),
    commands: (files) => files.map((file) => ['bash', '-euc', verifyUnit, file]),
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
