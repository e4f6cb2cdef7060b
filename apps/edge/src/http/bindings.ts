import type { Bucket } from './bucket.ts';

/** Secrets, which are not in wrangler.jsonc; infra/cloudflare/README.md explains how to set them. */
interface Secrets {
  /** [{ "id", "sha256", "scopes", "expires"? }], as `npm run key -w @unroll/edge` prints them. */
  API_KEYS?: string;
  /** Signs states. Of several, separated by commas, the first signs and all are accepted. */
  STATE_SECRET?: string;
}

/** The static files. */
interface Assets {
  ASSETS: Pick<Fetcher, 'fetch'>;
}

/** The bindings of a deployment, as wrangler.jsonc lists them (`npm run types -w @unroll/edge`). Only ASSETS is required. */
export type Bindings = Assets & Partial<Omit<DeployedEnv, 'MODELS'> & { MODELS: Bucket }> & Secrets;
