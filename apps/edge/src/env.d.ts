/** What tests run with beside wrangler.jsonc: vitest.config.ts sets it. */
declare namespace Cloudflare {
  interface Env {
    ASSETS: Fetcher;
    TEST_LIMIT: RateLimit;
    API_KEYS: string;
    STATE_SECRET: string;
  }
}
