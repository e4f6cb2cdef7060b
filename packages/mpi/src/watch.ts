import type { Request } from './calls.ts';
import type { Mpi } from './mpi.ts';
import { tags } from './tags.ts';

/** What another rank told, or that it told nothing for too long. */
export interface Loss {
  rank: number;
  /** The error of that rank; undefined if it stopped answering. */
  message: string | undefined;
}

export interface Watch {
  /** Tells rank 0, or from rank 0 all others, that this rank failed. */
  tell(message: string): void;
  stop(): void;
}

const BEAT_MS = 500;
const MESSAGE_BYTES = 4096;

/**
 * Rank 0 and every other rank send each other a beat twice a second, from the event loop. A rank that is stopped, or whose event loop hangs,
 * is silent. Without rank 0 the other ranks give up one after the other, so usually one of them reports it.
 */
export function watchRanks(
  { rank, size, calls }: Pick<Mpi, 'rank' | 'size' | 'calls'>,
  limitSeconds: number,
  onLoss: (loss: Loss) => void,
): Watch {
  const peers = (rank === 0 ? Array.from({ length: size - 1 }, (_, i) => i + 1) : [0]).map((peer) => createPeer(peer, calls));
  const limit = (limitSeconds + (rank === 0 ? 0 : Math.min(rank - 1, 10))) * 1000;
  let lastBeat = performance.now();

  function beat(): void {
    const now = performance.now();
    // If this process itself was stopped or busy, it could not hear the others.
    const wasAway = now - lastBeat > 4 * BEAT_MS;
    lastBeat = now;
    for (const peer of peers) {
      const message = peer.listen(wasAway);
      if (message !== undefined) onLoss({ rank: peer.rank, message });
      else if (now - peer.heardAt() > limit) onLoss({ rank: peer.rank, message: undefined });
      peer.say('');
    }
  }
  const timer = setInterval(beat, BEAT_MS);
  return {
    tell(message) {
      for (const peer of peers) peer.say(message);
    },
    stop: () => clearInterval(timer),
  };
}

function createPeer(rank: number, calls: Mpi['calls']) {
  let heardAt = performance.now();
  let inbox = new Uint8Array(new ArrayBuffer(MESSAGE_BYTES));
  let receiving: Request = calls.receive(inbox, rank, tags.beat);
  let sending: { request: Request; bytes: Uint8Array } | undefined;
  return {
    rank,
    heardAt: () => heardAt,
    /** @returns the error that the rank told, if any. */
    listen(wasAway: boolean): string | undefined {
      if (wasAway) heardAt = performance.now();
      while (calls.isComplete(receiving)) {
        heardAt = performance.now();
        const message = Buffer.from(inbox.subarray(0, inbox.indexOf(0))).toString();
        inbox = new Uint8Array(new ArrayBuffer(MESSAGE_BYTES));
        receiving = calls.receive(inbox, rank, tags.beat);
        if (message) return message;
      }
      return undefined;
    },
    /** An empty message is a beat; it is left out while the one before it is on its way. */
    say(message: string): void {
      if (message === '' && sending && !calls.isComplete(sending.request)) return;
      const bytes = new Uint8Array(new ArrayBuffer(MESSAGE_BYTES));
      new TextEncoder().encodeInto(message, bytes.subarray(0, MESSAGE_BYTES - 1));
      const sent = message === '' ? bytes.subarray(0, 1) : bytes;
      sending = { request: calls.send(sent, rank, tags.beat), bytes };
    },
  };
}
