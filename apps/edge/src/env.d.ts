/** The bindings that tests run with. */
declare namespace Cloudflare {
  interface Env {
    ASSETS: Fetcher;
    MODELS: R2Bucket;
  }
  interface GlobalProps {
    mainModule: typeof import('./worker.ts');
  }
}
