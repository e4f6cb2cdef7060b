/** Commands, options, scripts, paths, ports and images that files here name exist. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endpoints } from '@unroll/api/endpoints.ts';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
const git = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'infra', '.github', '.ci'], {
  cwd: root,
  encoding: 'utf8',
});
const files = git.stdout.split('\n').filter((path) => path && !/\.(ts|json)$/.test(path) && existsSync(join(root, path)));
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
/** A file's lines; a line that ends in a backslash is one with the next. */
const linesOf = (path: string) =>
  textOf(path)
    .replaceAll(/ ?\\\n\s*(#.*\n\s*)*/g, ' ')
    .split('\n');

interface Manifest {
  kind: string;
  metadata?: { name: string };
  [field: string]: unknown;
}
interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  ports?: { name: string; containerPort: number }[];
  [probe: string]: unknown;
}
const manifests = files
  .filter((path) => /^infra\/kubernetes\/.*\.yaml$/.test(path))
  .flatMap((path) => parseAllDocuments(textOf(path)).map((document) => ({ path, manifest: document.toJS() as Manifest })));
const containers = manifests.flatMap(({ path, manifest }) =>
  found(manifest, 'containers')
    .flatMap((list) => list as Container[])
    .map((container) => ({ path, container })),
);

/** The values of a field at any depth. */
function found(value: unknown, field: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [...(name === field ? [inner] : []), ...found(inner, field)]);
}

/** What a command line says to `unroll`, as words: ['train', 'sentiment', '--run', ...]. */
const calls = [
  ...files.flatMap((path) =>
    linesOf(path)
      .flatMap((line) => Array.from(line.matchAll(/(?<![\w/-])unroll (?:-- )?([a-z][^|&;`#)]*)/g), ([, words = '']) => words))
      .map((words) => ({ path, words: words.trim().split(/\s+/) })),
  ),
  ...containers.flatMap(({ path, container: { command = [] } }) => {
    const start = command.indexOf('unroll');
    return start < 0 ? [] : [{ path, words: command.slice(start + 1) }];
  }),
];

const helps = new Map<string, string>();
function helpOf(script: string, ...words: string[]): string {
  const key = [script, ...words].join(' ');
  const known = helps.get(key);
  if (known !== undefined) return known;
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, script), ...words, '--help'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${key} --help: ${stderr}`);
  helps.set(key, stdout);
  return stdout;
}
const hasOption = (help: string, option: string) => new RegExp(`^ +(-\\w, )?${option}\\b`, 'm').test(help);
const recipes = globSync('apps/train/src/recipes/*.ts', { cwd: root }).map((path) => /(\w[\w-]*)\.ts$/.exec(path)?.[1]);

test('every command of unroll, its options and its recipe', () => {
  const commands = calls.map(({ words: [command] }) => command);
  expect(commands).toContain('train');
  expect(commands).toContain('engine');
  for (const { path, words } of calls) {
    const [command = '', ...rest] = words;
    expect(helpOf('apps/train/src/cli.ts'), `${path}: unroll ${command}`).toMatch(new RegExp(`^  ${command} `, 'm'));
    // `engine add` has a help of its own.
    const inner = command === 'engine' ? [command, rest[0] ?? ''] : [command];
    for (const option of rest.filter((word) => word.startsWith('--') && word !== '--help')) {
      expect(hasOption(helpOf('apps/train/src/cli.ts', ...inner), option), `${path}: unroll ${words.join(' ')}: ${option}`).toBe(true);
    }
    if (command === 'train' && /^[a-z]/.test(rest[0] ?? '')) expect(recipes, path).toContain(rest[0]);
  }
});

test('every npm script', () => {
  const scripts = new Map(
    ['package.json', ...globSync('{{packages,apps}/*,infra}/package.json', { cwd: root })].map((path) => {
      const { name, scripts = {} } = JSON.parse(textOf(path)) as { name: string; scripts?: Record<string, string> };
      return [name, Object.keys(scripts)];
    }),
  );
  const named = files.flatMap((path) =>
    linesOf(path).flatMap((line) =>
      Array.from(line.matchAll(/npm run (?:-s )?([\w:-]+)([^&|`]*)/g), ([, script = '', rest = '']) => ({
        path,
        script,
        workspace: /-w (\S+)/.exec(rest)?.[1],
      })),
    ),
  );
  expect(named.length).toBeGreaterThan(10);
  for (const { path, script, workspace } of named) {
    const known = workspace === undefined ? [...scripts.values()].flat() : (scripts.get(workspace) ?? []);
    expect(known, `${path}: npm run ${script}${workspace === undefined ? '' : ` -w ${workspace}`}`).toContain(script);
  }
});

test('every path of the repository', () => {
  let count = 0;
  for (const path of files) {
    const inText = Array.from(
      textOf(path)
        .replaceAll(/^apiVersion:.*/gm, '')
        .matchAll(/(?<![\w./$*-])((?:infra|apps|packages|scripts|docs|\.ci|\.github)\/[\w./-]*[\w/])(?![\w*<]|\.\w)/g),
      ([, named = '']) => named,
    );
    const links = path.endsWith('.md')
      ? Array.from(textOf(path).matchAll(/\]\((?!https?:)([^)#]+)/g), ([, link = '']) => normalize(join(dirname(path), link)))
      : [];
    for (const named of [...inText, ...links]) {
      // A build makes dist/self-hosted from scripts/self-hosted; a user copies unroll.env.example.
      const source = named.replace('apps/edge/dist/self-hosted/', 'apps/edge/scripts/self-hosted/').replace(/\.js$/, '.ts');
      if (/\/(dist|node_modules)(\/|$)/.test(source)) continue;
      expect(
        [named, source, `${named}.example`].some((file) => existsSync(join(root, file))),
        `${path} names ${named}`,
      ).toBe(true);
      count++;
    }
  }
  expect(count).toBeGreaterThan(20);
});

const dockerfiles = files.filter((path) => path.endsWith('.Dockerfile'));

test.each(dockerfiles)('%s copies what is there, from stages that are there', (path) => {
  const lines = linesOf(path);
  const stages = lines.flatMap((line) => /^FROM \S+ AS (\w+)/.exec(line)?.[1] ?? []);
  for (const [, from, sources = ''] of lines.flatMap((line) => [/^COPY (?:--from=(\S+) |--\w+=\S+ )*(.*) \S+$/.exec(line) ?? []])) {
    if (from !== undefined) expect(stages).toContain(from);
    else for (const source of sources.split(' ').filter(Boolean)) expect(existsSync(join(root, source)), source).toBe(true);
  }
});

test('images are built on the Node of package-lock.json', () => {
  const { packages } = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, { version: string }> };
  const bases = dockerfiles.flatMap((path) => linesOf(path).flatMap((line) => /^ARG BASE=.*\/node:([\d.]+)/.exec(line)?.[1] ?? []));
  expect(bases).toEqual([packages['node_modules/node']?.version, packages['node_modules/node']?.version]);
});

test('manifests name images of infra/docker, in the version of package.json', () => {
  const { version } = JSON.parse(textOf('package.json')) as { version: string };
  expect(containers.length).toBeGreaterThan(3);
  for (const { path, container } of containers) {
    expect(dockerfiles, path).toContain(`infra/docker/${container.image.replace(/^unroll-/, '')}.Dockerfile`);
  }
  for (const { path, manifest } of manifests.filter(({ manifest }) => manifest.kind === 'Kustomization')) {
    for (const { newTag } of (manifest.images ?? []) as { newTag: string }[]) expect(newTag, path).toBe(version);
  }
});

test('probes and services name ports of containers, and paths of the API', () => {
  const portNames = containers.flatMap(({ container: { ports = [] } }) => ports.map(({ name }) => name));
  for (const { path, container } of containers) {
    const own = (container.ports ?? []).map(({ name }) => name);
    for (const port of [...found(container, 'httpGet'), ...found(container, 'tcpSocket')].map(
      (probe) => (probe as { port: string }).port,
    )) {
      expect(own, path).toContain(port);
    }
    for (const { path: probed } of found(container, 'httpGet') as { path: string }[])
      expect(Object.values(endpoints).map(({ path }) => path)).toContain(probed);
  }
  for (const { path, manifest } of manifests) {
    for (const port of found(manifest, 'targetPort')) expect(portNames, path).toContain(port);
  }
});

test('volumes name claims, and claims are in the same kustomization', () => {
  const claims = manifests
    .filter(({ manifest }) => manifest.kind === 'PersistentVolumeClaim')
    .map(({ manifest }) => manifest.metadata?.name);
  const used = manifests.flatMap(({ manifest }) => found(manifest, 'claimName'));
  expect(new Set(used)).toEqual(new Set(claims));
});

test('the server in containers has the options and the port that its image exposes', () => {
  const serve = linesOf('infra/docker/serve.Dockerfile');
  const port = serve.flatMap((line) => /^EXPOSE (\d+)/.exec(line)?.[1] ?? [])[0];
  const argumentLists = [
    ...serve.flatMap((line) => (line.startsWith('CMD') ? [JSON.parse(line.slice(4)) as string[]] : [])),
    ...containers.flatMap(({ container: { image, args } }) => (image === 'unroll-serve' && args ? [args] : [])),
  ];
  expect(argumentLists).toHaveLength(2);
  for (const list of argumentLists) {
    for (const option of list.filter((word) => word.startsWith('--'))) {
      expect(hasOption(helpOf('apps/edge/scripts/self-hosted/serve.ts'), option), option).toBe(true);
    }
    expect(list[list.indexOf('--port') + 1]).toBe(port);
  }
  expect(serve.join('\n')).toContain(`http://127.0.0.1:${port}/readyz`);
  expect(containers.find(({ container }) => container.image === 'unroll-serve')?.container.ports).toEqual([
    { name: 'http', containerPort: Number(port) },
  ]);
});

test('sshd of the train image listens where ranks and the probe expect it', () => {
  const port = /^Port (\d+)/m.exec(textOf('infra/docker/sshd_config'))?.[1];
  expect(/^ +Port (\d+)/m.exec(textOf('infra/docker/ssh_config'))?.[1]).toBe(port);
  const worker = containers.find(({ container }) => container.name === 'worker')?.container;
  expect(worker?.ports).toEqual([{ name: 'ssh', containerPort: Number(port) }]);
});

test('workflows pin actions by commit, with the version in a comment', () => {
  const uses = files
    .filter((path) => path.startsWith('.github/workflows/'))
    .flatMap((path) => linesOf(path).filter((line) => /\buses: /.test(line)));
  expect(uses.length).toBeGreaterThan(4);
  for (const line of uses) expect(line).toMatch(/uses: (\.\/\.github\/workflows\/ci\.yml$|[\w-]+\/[\w-]+@[0-9a-f]{40} # v[\d.]+$)/);
});
