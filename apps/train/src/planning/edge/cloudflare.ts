/** What Cloudflare publishes: prices in US dollars, and facts about its network. The only file with such figures. */

/** A price by usage: so many units are included each month. */
export interface Price {
  included: number;
  /** Dollars for each further million units. */
  perMillion: number;
  /** Usage is rounded up to whole millions. */
  roundsUp?: boolean;
}

/** Read from Cloudflare's documentation (github.com/cloudflare/cloudflare-docs) on this day. */
export const PRICES_READ = '2026-11-25';

export const prices = {
  /** Workers Paid, standard usage model. https://developers.cloudflare.com/workers/platform/pricing/ */
  workers: {
    source: 'https://developers.cloudflare.com/workers/platform/pricing/',
    month: 5,
    requests: { included: 10e6, perMillion: 0.3 } satisfies Price,
    cpuMs: { included: 30e6, perMillion: 0.02 } satisfies Price,
  },
  /** Standard storage; reads are operations of class B. */
  r2: {
    source: 'https://developers.cloudflare.com/r2/pricing/',
    reads: { included: 10e6, perMillion: 0.36, roundsUp: true } satisfies Price,
  },
  /** With SQLite storage, on Workers Paid. */
  durableObjects: {
    source: 'https://developers.cloudflare.com/durable-objects/platform/pricing/',
    requests: { included: 1e6, perMillion: 0.15, roundsUp: true } satisfies Price,
    /** A WebSocket message counts as this part of a request. */
    requestsPerMessage: 1 / 20,
    gigabyteSeconds: { included: 400e3, perMillion: 12.5, roundsUp: true } satisfies Price,
    /** Gigabytes that an active object is billed for. */
    gigabytes: 0.128,
    rowsWritten: { included: 50e6, perMillion: 1 } satisfies Price,
  },
} as const;

export const network = {
  /** https://blog.cloudflare.com/backbone2024/, 2024-08-06 */
  cities: 330,
  /** The share of warm requests of enterprise traffic. https://blog.cloudflare.com/eliminating-cold-starts-2-shard-and-conquer/, 2025-09-26 */
  warmShare: 0.9999,
  /**
   * Seconds after its last request until an isolate is evicted. Not published for Workers; for an idle Durable Object it is 70 to 140.
   * https://developers.cloudflare.com/durable-objects/concepts/durable-object-lifecycle/
   */
  idleSeconds: 70,
  /** An isolate's memory. https://developers.cloudflare.com/workers/platform/limits/ */
  isolateBytes: 128e6,
} as const;

/** Dollars for a month's usage. */
export function cost({ included, perMillion, roundsUp = false }: Price, usage: number): number {
  const millions = Math.max(0, usage - included) / 1e6;
  return perMillion * (roundsUp ? Math.ceil(millions - 1e-9) : millions);
}
