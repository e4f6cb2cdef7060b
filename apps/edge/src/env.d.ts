/** What tests run with: wrangler.jsonc's default environment and vitest.config.ts. */
declare namespace Cloudflare {
  interface Env {
    ASSETS: Fetcher;
    MODELS: R2Bucket;
    SESSIONS: DurableObjectNamespace;
    API_KEYS: string;
    STATE_SECRET: string;
  }
  interface GlobalProps {
    mainModule: typeof import('./worker.ts');
  }
}
