import { existsSync } from 'node:fs';
import { appendFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TensorflowSetup } from '@unroll/backend/engine.ts';
import { reasonOf } from '../run/write-atomically.ts';
import type { InstallView } from '../terminal/install-view.ts';
import { assemble } from './assemble.ts';
import { findCompiler } from './compile-addon.ts';
import { folderName, lockFile } from './folders.ts';
import type { Patience } from './http.ts';
import { withLock } from './lock.ts';
import { finish } from './manifest.ts';
import { indexUrl } from './python-index.ts';
import type { Device, Release } from './release.ts';
import { stateOf } from './state.ts';
import type { Trial } from './try-engine.ts';

export interface AddOptions {
  /** The folder of all engines. */
  engines: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  patience: Patience;
  view: InstallView;
  /** Starts the engine. @throws if it does not run. */
  tryEngine: (setup: TensorflowSetup, options: Pick<AddOptions, 'env' | 'signal'>) => Promise<Trial>;
  /** The device to start it on: an engine for GPUs also runs on the CPU. */
  device: Device;
}

export interface Added {
  folder: string;
  trial: Trial;
}

/**
 * Assembles an engine, or what is missing of it, and tries it. It gets its name when it is complete and has run: until then the name of
 * its folder ends in `.partial`.
 * @throws if anything fails. What is there stays, and the same call resumes.
 */
export async function addEngine(release: Release, options: AddOptions): Promise<Added> {
  const { engines, signal, view } = options;
  const folder = join(engines, folderName(release));
  let trial: Trial | undefined;
  if (!isComplete(folder)) {
    await makeFolder(engines);
    const onWait = () => view.step(`Another process adds or removes an engine in ${engines}; waiting for it to finish`);
    trial = await withLock(lockFile(engines), { signal, onWait }, async () =>
      isComplete(folder) ? undefined : install(release, folder, options),
    );
  }
  if (!trial) view.step(`${folder} is complete`);
  return { folder, trial: trial ?? (await start(release, folder, options)) };
}

const isComplete = (folder: string) => stateOf(folder).state === 'complete';

const start = ({ engine, binding }: Release, folder: string, { device, tryEngine, env, signal }: AddOptions): Promise<Trial> =>
  tryEngine({ engine, folder, package: binding.name, device }, { env, signal });

async function install(release: Release, folder: string, options: AddOptions): Promise<Trial> {
  const index = indexUrl(options.env);
  // Before anything is downloaded: without a compiler the download would be in vain.
  const compiler = await findCompiler(options.env, options.signal);
  const partial = `${folder}.partial`;
  await takeOver(folder, partial);
  await assemble(release, partial, { ...options, index, compiler });
  const trial = await start(release, partial, options);
  await finish(partial);
  await rename(partial, folder);
  return trial;
}

/** Makes the folder and its lock file. @throws if the folder cannot be made or written to. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await appendFile(lockFile(folder), '');
  } catch (cause) {
    const reason = `cannot write to the folder of engines ${folder}: ${reasonOf(cause)}`;
    throw new Error(`${reason}. Set UNROLL_ENGINES to a folder that you can write to.`, { cause });
  }
}

/** A damaged engine becomes an unfinished one: its intact parts are kept. */
async function takeOver(folder: string, partial: string): Promise<void> {
  if (!existsSync(folder)) return;
  if (existsSync(partial)) await rm(folder, { recursive: true });
  else await rename(folder, partial);
}
