export interface RetryOptions {
  /** Tries after the first; 0 for none. */
  retries?: number;
  /** The first wait; each further one is twice as long, cut at `maxDelay`, and spread at random over its upper half. */
  delay?: number;
  maxDelay?: number;
  /** Waits, in milliseconds. */
  sleep?: (milliseconds: number, signal: AbortSignal | null | undefined) => Promise<void>;
}

/** Answers that mean "not now". */
const LATER = new Set([429, 503]);

/**
 * A fetch that asks again, with growing pauses, where the answer is 429 or 503 or none came; a Retry-After is kept to.
 * Bodies must be such as can be sent twice (texts, bytes): a stream is sent once only.
 */
export function retryingFetch(
  fetch: typeof globalThis.fetch,
  { retries = 3, delay = 250, maxDelay = 20_000, sleep = wait }: RetryOptions = {},
): typeof globalThis.fetch {
  return async (input, init) => {
    const once = init?.body instanceof ReadableStream || input instanceof Request;
    const tries = once ? 0 : retries;
    for (let tried = 0; ; tried++) {
      const pause = Math.min(delay * 2 ** tried, maxDelay) * (0.5 + Math.random() / 2);
      try {
        const response = await fetch(input, init);
        if (!LATER.has(response.status) || tried >= tries) return response;
        await response.body?.cancel();
        await sleep(Math.max(pause, Math.min(retryAfter(response), maxDelay)), init?.signal);
      } catch (error) {
        if (tried >= tries || init?.signal?.aborted) throw error;
        await sleep(pause, init?.signal);
      }
    }
  };
}

/** Milliseconds that a Retry-After, in seconds or as a date, asks for. */
function retryAfter({ headers }: Response): number {
  const value = headers.get('retry-after');
  if (value === null) return 0;
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
}

function wait(milliseconds: number, signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
