import { createHash } from 'node:crypto';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type InstallView, megabytes } from '../terminal/install-view.ts';
import { type Assembly, openAssembly, type PartName } from './assembly.ts';
import { type Compiler, compileAddon } from './compile-addon.ts';
import { download } from './download.ts';
import type { Patience } from './http.ts';
import type { UnpackedFile } from './manifest.ts';
import { downloadPackages, unpackPackage } from './npm-package.ts';
import { findWheel } from './python-index.ts';
import type { NpmPackage, Release, Wheel } from './release.ts';
import { addShims } from './shims.ts';
import { unpackWheel } from './unpack-wheel.ts';

export interface AssembleOptions {
  /** The Python package index. */
  index: string;
  compiler: Compiler;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  patience: Patience;
  view: InstallView;
}

/** Puts every part of an engine into `folder` that is not there yet. @throws if the disk is too small, or a part cannot be had. */
export async function assemble(release: Release, folder: string, options: AssembleOptions): Promise<void> {
  const parts = partsOf(release, options.compiler);
  const { engine, device, version, binding, dependencies, headers, wheels } = release;
  const assembly = await openAssembly(folder, { engine, device, version, package: binding.name }, Object.values(parts).flat());
  await checkSpace(assembly, release);
  await addPackages(assembly, [binding, ...dependencies, headers], options);
  await assembly.add(parts.shims, () => addShims(folder, binding.version));
  for (const wheel of wheels) await addWheel(assembly, wheel, sitePackages(binding), options);
  await addAddon(assembly, release, parts.addon, options);
}

/** Where the wheels are unpacked, as in Python's site-packages: TensorFlow finds NVIDIA's libraries by paths relative to its own. */
const sitePackages = ({ name }: NpmPackage) => join('node_modules', name, 'deps/site');

/** The names of all parts. A part whose version or digest differs is made again. */
function partsOf({ binding, dependencies, headers, wheels }: Release, compiler: Compiler) {
  const packages = [binding, headers].map(asPart);
  const unpacked = wheels.map(wheelPart);
  const sources = createHash('sha256')
    .update(JSON.stringify([packages, unpacked[0]]))
    .digest('hex');
  return {
    packages: [binding, ...dependencies, headers].map(asPart),
    wheels: unpacked,
    shims: { name: 'tfjs-core of the process', version: binding.version, digest: '' },
    addon: { name: 'addon', version: compiler.version, digest: createHash('sha256').update(sources).digest('hex') },
  };
}

const asPart = ({ name, version, integrity }: NpmPackage): PartName => ({ name, version, digest: integrity });
const wheelPart = ({ project, file, sha256 }: Wheel): PartName => ({ name: project, version: file.split('-')[1] ?? '', digest: sha256 });

/** @throws if the wheels that are missing, unpacked, and the largest of them as it is downloaded, do not fit on the disk. */
async function checkSpace({ folder, has }: Assembly, { wheels }: Release): Promise<void> {
  const missing = wheels.filter((wheel) => !has(wheelPart(wheel)));
  const needed = missing.reduce((sum, { unpackedBytes }) => sum + unpackedBytes, 0) + Math.max(0, ...missing.map(({ bytes }) => bytes));
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= needed) return;
  throw new Error(
    `${folder} needs ${megabytes(needed)}, and its disk has ${megabytes(bavail * bsize)} free. ` +
      'Make room, or set UNROLL_ENGINES to a folder on another disk.',
  );
}

async function addPackages(assembly: Assembly, packages: readonly NpmPackage[], { env, signal, view }: AssembleOptions): Promise<void> {
  const missing = packages.filter((each) => !assembly.has(asPart(each)));
  if (missing.length === 0) return;
  view.step(`From npm: ${missing.map(({ name, version }) => `${name} ${version}`).join(', ')}`);
  // Its own folder for each attempt: npm may outlive a killed one for a moment.
  const tarballs = await mkdtemp(join(assembly.scratch, 'npm-'));
  for (const tarball of await downloadPackages(missing, tarballs, { env, signal })) {
    const home = join('node_modules', tarball.name);
    await assembly.add(asPart(tarball), async () => within(home, await unpackPackage(tarball, join(assembly.folder, home))));
  }
}

function addWheel(assembly: Assembly, wheel: Wheel, site: string, { index, signal, patience, view }: AssembleOptions): Promise<void> {
  const part = wheelPart(wheel);
  return assembly.add(part, async () => {
    view.step(`${part.name} ${part.version}, ${megabytes(wheel.bytes)}, unpacked ${megabytes(wheel.unpackedBytes)}`);
    const { url, headers } = await findWheel(index, wheel, { signal, patience });
    const path = join(assembly.scratch, wheel.file);
    await download(
      { url, headers, path, bytes: wheel.bytes, sha256: wheel.sha256 },
      {
        signal,
        patience,
        onProgress: (bytes) => view.progress(wheel.file, bytes, wheel.bytes),
        onRetry: (reason, waitMs) => view.warn(`${wheel.file}: ${reason}; continues in ${waitMs / 1000} s`),
      },
    );
    const files = await unpackWheel(path, wheel, join(assembly.folder, site), signal);
    await rm(path);
    return within(site, files);
  });
}

function addAddon(assembly: Assembly, { binding, headers }: Release, part: PartName, { compiler, env, signal, view }: AssembleOptions) {
  const home = join('node_modules', binding.name);
  const path = join(home, 'lib/napi-v8/tfjs_binding.node');
  return assembly.add(part, async () => {
    view.step(`Compiling the addon with ${compiler.version}`);
    const sources = {
      binding: join(assembly.folder, home, 'binding'),
      nodeHeaders: join(assembly.folder, 'node_modules', headers.name, 'include'),
      tensorflow: join(assembly.folder, sitePackages(binding), 'tensorflow'),
      runPath: '../../deps/site/tensorflow',
    };
    return [
      { path, bytes: await compileAddon(compiler, sources, join(assembly.folder, path), { scratch: assembly.scratch, env, signal }) },
    ];
  });
}

/** Files of a folder, by their paths in the folder above it. */
const within = (folder: string, files: readonly UnpackedFile[]): UnpackedFile[] =>
  files.map(({ path, bytes }) => ({ path: join(folder, path), bytes }));
