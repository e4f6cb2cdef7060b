import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar';
import type { UnpackedFile } from './manifest.ts';
import type { NpmPackage } from './release.ts';
import { runProgram } from './run-program.ts';

/**
 * Unpacks a package of the npm registry into `folder`, without its dependencies, and gives the paths and sizes of its files. npm downloads
 * it, with the user's registry, proxy and credentials. No script of the package runs.
 * @throws if npm cannot get it, or the tarball has another digest.
 */
export async function addNpmPackage(
  { name, version, integrity, members }: NpmPackage,
  folder: string,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<UnpackedFile[]> {
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, '.npm-'));
  try {
    const tarball = await packed(`${name}@${version}`, scratch, { env, signal });
    await checkIntegrity(`${name}@${version}`, tarball, integrity);
    const files: UnpackedFile[] = [];
    await extract({
      file: tarball,
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
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Lets npm download a tarball into an empty folder, and gives its path. */
async function packed(spec: string, folder: string, { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal }): Promise<string> {
  const npm: [string, ...string[]] = env.npm_execpath?.endsWith('.js') ? [process.execPath, env.npm_execpath] : ['npm'];
  const quiet = ['--loglevel=error', '--no-update-notifier', '--workspaces=false'];
  const finished = await runProgram([...npm, 'pack', spec, ...quiet], { cwd: folder, env, signal });
  if (!finished) throw new Error('npm was not found; it comes with Node: install it, or put it on the PATH');
  const [file] = (await readdir(folder)).filter((each) => each.endsWith('.tgz'));
  if (finished.ended !== 0 || !file) throw new Error(`npm cannot download ${spec}:\n${finished.output.trim()}`);
  return join(folder, file);
}

async function checkIntegrity(spec: string, tarball: string, expected: string): Promise<void> {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(tarball)) hash.update(chunk);
  const found = `sha512-${hash.digest('base64')}`;
  if (found === expected) return;
  throw new Error(
    `${spec} is not the package that this version of Unroll expects: ${found} instead of ${expected}. ` +
      'Nothing of it is kept. Ask who runs your npm registry (npm config get registry).',
  );
}
