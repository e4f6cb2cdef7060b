import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar';
import type { UnpackedFile } from './manifest.ts';
import type { NpmPackage } from './release.ts';
import { runProgram } from './run-program.ts';

/** A package's tarball on the disk. */
export type Tarball = NpmPackage & { path: string };

/**
 * Downloads packages into an empty folder, without their dependencies. npm does it, with the user's registry, proxy and credentials.
 * @throws if npm cannot get one, or a tarball has another digest.
 */
export async function downloadPackages(
  packages: readonly NpmPackage[],
  folder: string,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Tarball[]> {
  const specs = packages.map(({ name, version }) => `${name}@${version}`);
  const npm: [string, ...string[]] = env.npm_execpath?.endsWith('npm-cli.js') ? [process.execPath, env.npm_execpath] : ['npm'];
  const quiet = ['--loglevel=error', '--no-update-notifier', '--workspaces=false'];
  const finished = await runProgram([...npm, 'pack', ...specs, ...quiet], { cwd: folder, env, signal });
  if (!finished) throw new Error('npm was not found; it comes with Node: install it, or put it on the PATH');
  if (finished.ended !== 0) throw new Error(`npm cannot download ${specs.join(', ')}:\n${finished.output.trim()}`);
  const tarballs = packages.map((each) => ({ ...each, path: join(folder, tarballName(each)) }));
  for (const tarball of tarballs) await checkIntegrity(tarball);
  return tarballs;
}

/** The name that npm gives a tarball: '@scope/name' becomes 'scope-name'. */
const tarballName = ({ name, version }: NpmPackage) => `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;

/** Unpacks the members of a package into a folder, and gives their paths and sizes. No script of the package runs. */
export async function unpackPackage({ name, version, members, path: file }: Tarball, folder: string): Promise<UnpackedFile[]> {
  await mkdir(folder, { recursive: true });
  const files: UnpackedFile[] = [];
  await extract({
    file,
    cwd: folder,
    strip: 1,
    strict: true,
    // Some packages are published with files that only their owner may read.
    onReadEntry: (entry) => {
      entry.mode = 0o644;
    },
    filter: (path, entry) => {
      const member = path.slice(path.indexOf('/') + 1);
      const kept = 'type' in entry && entry.type === 'File' && members.test(member);
      if (kept) files.push({ path: member, bytes: entry.size });
      return kept;
    },
  });
  if (files.length === 0) throw new Error(`${name}@${version} holds none of the needed files`);
  return files;
}

async function checkIntegrity({ name, version, path, integrity }: Tarball): Promise<void> {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  const found = `sha512-${hash.digest('base64')}`;
  if (found === integrity) return;
  throw new Error(
    `${name}@${version} is not the package that this version of Unroll expects: ${found} instead of ${integrity}. ` +
      'Nothing of it is kept. Ask who runs your npm registry (npm config get registry).',
  );
}
