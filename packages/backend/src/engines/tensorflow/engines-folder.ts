import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The folder of installed engines: $UNROLL_ENGINES, else unroll/engines in the user's cache folder. */
export function enginesFolder(env: NodeJS.ProcessEnv): string {
  if (env.UNROLL_ENGINES) return resolve(env.UNROLL_ENGINES);
  // The XDG specification says to ignore a relative path.
  const cache = env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : join(homedir(), '.cache');
  return join(cache, 'unroll', 'engines');
}
