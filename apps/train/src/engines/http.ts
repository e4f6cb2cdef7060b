/** Requests that notice a stalled server, tell lasting failures from passing ones, and are repeated after the latter. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  /** Milliseconds without an answer or a byte after which an attempt counts as stalled. */
  stallMs: number;
  /** Milliseconds before the second attempt. The wait doubles before each further one. */
  retryMs: number;
  /** Attempts in a row that bring nothing new before the download fails. */
  attempts: number;
}

export const usualPatience: Patience = { stallMs: 30_000, retryMs: 1000, attempts: 6 };

/** An attempt failed. Unless `lasting`, the next one may succeed. */
export class AttemptFailed extends Error {
  readonly lasting: boolean;

  constructor(message: string, options: { lasting: boolean; cause?: unknown }) {
    super(message, options);
    this.lasting = options.lasting;
  }
}

/** Aborts an attempt when `heard` has not been called for a while. */
export interface StallWatch {
  signal: AbortSignal;
  heard(): void;
  stop(): void;
}

export function watchForStalls(stallMs: number, signal: AbortSignal): StallWatch {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new AttemptFailed(`no data for ${stallMs / 1000} s`, { lasting: false })), stallMs);
  return {
    signal: AbortSignal.any([signal, stalled.signal]),
    heard: () => timer.refresh(),
    stop: () => clearTimeout(timer),
  };
}

const PASSING_STATUSES = [408, 425, 429];

/** The answer to a GET. @throws AttemptFailed, also for a status of 400 and above, except those in `accepted`. */
export async function get(
  url: string,
  headers: Record<string, string>,
  { signal, accepted = [] }: { signal: AbortSignal; accepted?: readonly number[] },
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { headers: { 'accept-encoding': 'identity', ...headers }, signal });
  } catch (cause) {
    throw asAttempt(cause);
  }
  if (response.ok || accepted.includes(response.status)) return response;
  await response.body?.cancel();
  const { status, statusText } = response;
  throw new AttemptFailed(`the server answered ${status} ${statusText}`.trim(), {
    lasting: status < 500 && !PASSING_STATUSES.includes(status),
  });
}

/** A failure of the network as one that may pass. An abort by the user stays what it is. */
export function asAttempt(error: unknown): unknown {
  if (error instanceof AttemptFailed || (error as Error).name === 'AbortError') return error;
  const { message, cause } = error as Error;
  // fetch says 'fetch failed', its cause names the reason; a failed connection to several addresses has no message, only a code.
  const reason = cause as NodeJS.ErrnoException | undefined;
  return new AttemptFailed(reason?.message || reason?.code || message, { lasting: false, cause: error });
}

/**
 * Repeats `attempt` while its failures may pass. An attempt returns or throws; `progressed` tells whether the last one brought anything, and
 * then the count of failures starts again.
 * @throws the last failure.
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { patience, signal, progressed = () => false, onRetry }: Retries,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AttemptFailed) || error.lasting) throw error;
      if (progressed()) failures = 1;
      if (failures >= patience.attempts) throw error;
      const wait = patience.retryMs * 2 ** (failures - 1);
      onRetry?.(error.message, wait);
      await sleep(wait, undefined, { signal });
    }
  }
}

export interface Retries {
  patience: Patience;
  signal: AbortSignal;
  progressed?: () => boolean;
  onRetry?: (reason: string, waitMs: number) => void;
}

/** A URL without the name and password it may hold. */
export function shownUrl(url: string): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}
