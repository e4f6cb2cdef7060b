/** What the deployment gives the Worker; wrangler.jsonc and infra/cloudflare say how. Only ASSETS must be there. */
export interface Bindings {
  /** The page, and models built in. */
  ASSETS: Fetcher;
  /** Models published, and answers by Idempotency-Key. */
  MODELS?: R2Bucket;
  SESSIONS?: DurableObjectNamespace;
  /** Requests from one address. */
  IP_LIMIT?: RateLimit;
  /** Requests with one key. */
  KEY_LIMIT?: RateLimit;
  EVENTS?: AnalyticsEngineDataset;

  /** Secret: [{ "id", "sha256", "scopes", "expires"? }], as `npm run key` prints them. */
  API_KEYS?: string;
  /** Secret: signs states. Several, parted by commas: the first signs, all are accepted. */
  STATE_SECRET?: string;
  /** "keys": predictions want a key with the scope `predict`. "open": they do not. */
  PREDICT_ACCESS?: string;
  /** Origins of pages that may call the API, parted by commas. */
  CORS_ORIGINS?: string;
  /** What one request may take. Five million multiply-adds take about a millisecond. */
  MAX_MULTIPLY_ADDS?: string;
  /** How many bytes of model files an isolate keeps loaded. */
  MODEL_MEMORY_BYTES?: string;
}
