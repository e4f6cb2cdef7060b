/** Bindings of the tests that wrangler.jsonc does not have; vitest.config.ts sets them. */
declare namespace Cloudflare {
  interface Env {
    ASSETS: Fetcher;
    TEST_LIMIT: RateLimit;
    BUCKET: DurableObjectNamespace<import('./self-hosted/bucket-object.ts').StoredBucket>;
    API_KEYS: string;
    STATE_SECRET: string;
  }
}
