import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Release } from './release.ts';

/** The folder of all installed engines: $UNROLL_ENGINES, else unroll/engines in the user's cache folder. */
export function enginesFolder(env: NodeJS.ProcessEnv): string {
  if (env.UNROLL_ENGINES) return resolve(env.UNROLL_ENGINES);
  // The XDG specification says to ignore a relative path.
  const cache = env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : join(homedir(), '.cache');
  return join(cache, 'unroll', 'engines');
}

/** The name of an engine's folder. While it is being installed, `.partial` follows. */
export const folderName = ({ engine, version, device }: Pick<Release, 'engine' | 'version' | 'device'>) => `${engine}-${version}-${device}`;

/** The file under whose lock engines are added and removed. */
export const lockFile = (engines: string) => join(engines, '.lock');
