export interface RetryOptions {
  /** Attempts after the first; 0 for none. */
  retries?: number;
  /** Milliseconds before the first retry. Each further one waits twice as long, at most `maxDelay`, less a random part of up to a half. */
  delay?: number;
  maxDelay?: number;
  /**
   * The most milliseconds that one call waits in total. If a Retry-After asks for more, the call fails, and the error has the time of
   * the next attempt.
   */
  maxWait?: number;
  /** Waits, in milliseconds. */
  sleep?: (milliseconds: number, signal: AbortSignal | null | undefined) => Promise<void>;
}

/** The statuses to retry. */
const LATER = new Set([429, 503]);

/**
 * A fetch that retries after 429, 503 and network errors. It never retries before the time of a Retry-After.
 * It retries only bodies that can be sent twice (texts, bytes), not streams.
 */
export function retryingFetch(
  fetch: typeof globalThis.fetch,
  { retries = 3, delay = 250, maxDelay = 20_000, maxWait = 60_000, sleep = wait }: RetryOptions = {},
): typeof globalThis.fetch {
  return async (input, init) => {
    const once = init?.body instanceof ReadableStream || input instanceof Request;
    let left = once ? 0 : retries;
    let waited = 0;
    for (let pause = delay; ; pause = Math.min(pause * 2, maxDelay)) {
      const outcome = await attempt(fetch, input, init);
      const asked = 'response' in outcome ? (retryAfter(outcome.response) ?? 0) : 0;
      const next = Math.max(pause * (0.5 + Math.random() / 2), asked);
      const isFinal = 'response' in outcome ? !LATER.has(outcome.response.status) : init?.signal?.aborted;
      if (isFinal || left === 0 || waited + next > maxWait) {
        if ('response' in outcome) return outcome.response;
        throw outcome.error;
      }
      if ('response' in outcome) await outcome.response.body?.cancel();
      await sleep(next, init?.signal);
      waited += next;
      left--;
    }
  };
}

async function attempt(fetch: typeof globalThis.fetch, ...[input, init]: Parameters<typeof globalThis.fetch>) {
  try {
    return { response: await fetch(input, init) };
  } catch (error) {
    return { error };
  }
}

/** The milliseconds of a Retry-After, which is in seconds or a date. */
export function retryAfter({ headers }: Response): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
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
