import type { Bytes, Calls, Request } from './calls.ts';

/** Sends and receives in progress. Waiting for one leaves the event loop to timers and messages of workers. */
export interface Transfers {
  /** Resolves once the content may be overwritten. */
  send(bytes: Bytes, to: number, tag: number): Promise<void>;
  /** Resolves once the content has arrived. */
  receive(bytes: Bytes, from: number, tag: number): Promise<void>;
  /** Rejects all transfers, now and later: the job has failed. */
  fail(error: Error): void;
}

/** Milliseconds for which the loop asks without a turn of the event loop: a library moves a large message piece by piece, at each call. */
const BURST_MS = 0.1;
/** Milliseconds of waiting in which the loop does not sleep. */
const SPIN_MS = 0.3;
/** After that it sleeps for this fraction of the time that it has waited, so a transfer is noticed at most so much later. */
const SLEEP_FRACTION = 0.05;
/** Shorter sleeps block the thread, which is precise; longer ones are timers, which let the event loop handle messages. */
const BLOCKING_SLEEP_MS = 0.3;
const LONGEST_SLEEP_MS = 5;

interface Pending {
  request: Request;
  /** Keeps the memory alive while MPI uses it. */
  bytes: Bytes;
  resolve(): void;
  reject(error: Error): void;
}

export function createTransfers(calls: Pick<Calls, 'send' | 'receive' | 'isComplete'>): Transfers {
  const pending = new Set<Pending>();
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  let failure: Error | undefined;
  let polling = false;
  let idleSince = 0;

  /** Completes what has finished. @returns whether anything has. */
  function advance(): boolean {
    let moved = false;
    for (const transfer of pending) {
      try {
        if (!calls.isComplete(transfer.request)) continue;
        transfer.resolve();
      } catch (error) {
        transfer.reject(error as Error);
      }
      pending.delete(transfer);
      moved = true;
    }
    return moved;
  }

  function poll(): void {
    let now = performance.now();
    // Later, other threads need the core more.
    const until = now - idleSince < SPIN_MS ? now + BURST_MS : now;
    let moved = advance();
    while (!moved && now < until) {
      moved = advance();
      now = performance.now();
    }
    if (moved) idleSince = now;
    if (pending.size === 0 || failure) {
      polling = false;
      return;
    }
    const sleep = now - idleSince < SPIN_MS ? 0 : Math.min(LONGEST_SLEEP_MS, (now - idleSince) * SLEEP_FRACTION);
    if (sleep > BLOCKING_SLEEP_MS) {
      setTimeout(poll, sleep);
      return;
    }
    if (sleep > 0) Atomics.wait(sleeper, 0, 0, sleep);
    setImmediate(poll);
  }

  function wait(bytes: Bytes, start: () => Request): Promise<void> {
    if (failure) return Promise.reject(failure);
    const request = start();
    if (calls.isComplete(request)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      pending.add({ request, bytes, resolve, reject });
      idleSince = performance.now();
      if (polling) return;
      polling = true;
      setImmediate(poll);
    });
  }

  return {
    send: async (bytes, to, tag) => wait(bytes, () => calls.send(bytes, to, tag)),
    receive: async (bytes, from, tag) => wait(bytes, () => calls.receive(bytes, from, tag)),
    fail(error) {
      failure ??= error;
      for (const { reject } of pending) reject(failure);
      // MPI may still write to the memory of these, so it must not be freed: the set keeps it.
    },
  };
}
