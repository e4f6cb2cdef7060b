/** What may be set beside wrangler.jsonc; infra/cloudflare says how. */
interface Secrets {
  /** [{ "id", "sha256", "scopes", "expires"? }], as `npm run key -w @unroll/edge` prints them. */
  API_KEYS?: string;
  /** Signs states. Several, parted by commas: the first signs, all are accepted. */
  STATE_SECRET?: string;
}

/** What a deployment gives the Worker, as wrangler.jsonc says (`npm run types -w @unroll/edge`). Only ASSETS must be there. */
export type Bindings = { ASSETS: Fetcher } & Partial<DeployedEnv> & Secrets;
