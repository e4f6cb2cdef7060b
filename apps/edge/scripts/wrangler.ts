import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The path of wrangler's entry point, to run with this Node. */
export function wranglerBinary(): string {
  return join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin/wrangler.js');
}

/** An environment in which wrangler never prompts, sends no metrics and fetches nothing. */
export function wranglerEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    CI: '1',
    NO_UPDATE_NOTIFIER: '1',
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_HIDE_BANNER: 'true',
  };
}
