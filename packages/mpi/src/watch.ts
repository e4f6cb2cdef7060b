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
  /** Ends the watch; every rank must call it. Resolves when no message is on its way. */
  stop(): Promise<void>;
}

const BEAT_MS = 500;
const MESSAGE_BYTES = 4096;
const BEAT = '';
/** The last message of a rank. */
const BYE = '\x04';

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
      if (wasAway) peer.forgive();
      const message = peer.listen();
      if (message !== undefined && message !== BYE) onLoss({ rank: peer.rank, message });
      else if (peer.silence() > limit) onLoss({ rank: peer.rank, message: undefined });
      peer.say(BEAT);
    }
  }
  const timer = setInterval(beat, BEAT_MS).unref();
  return {
    tell(message) {
      for (const peer of peers) peer.say(message);
    },
    async stop() {
      clearInterval(timer);
      for (const peer of peers) peer.say(BYE);
      while (!peers.every((peer) => peer.isDone())) await new Promise((resolve) => setTimeout(resolve, 1));
    },
  };
}

/** The messages to and from another rank. */
function createPeer(rank: number, calls: Mpi['calls']) {
  let heardAt = performance.now();
  let inbox = new Uint8Array(new ArrayBuffer(MESSAGE_BYTES));
  let receiving: Request | undefined = calls.receive(inbox, rank, tags.beat);
  /** Messages on their way, with the memory that MPI reads. */
  let sending: { request: Request; bytes: Uint8Array }[] = [];

  function listen(): string | undefined {
    while (receiving && calls.isComplete(receiving)) {
      heardAt = performance.now();
      const message = Buffer.from(inbox.subarray(0, inbox.indexOf(0))).toString();
      inbox = new Uint8Array(new ArrayBuffer(MESSAGE_BYTES));
      receiving = message === BYE ? undefined : calls.receive(inbox, rank, tags.beat);
      if (message !== BEAT) return message;
    }
    return undefined;
  }
  function isSent(): boolean {
    sending = sending.filter(({ request }) => !calls.isComplete(request));
    return sending.length === 0;
  }
  return {
    rank,
    /** @returns what the rank told, beats left out. */
    listen,
    /** Milliseconds since the last message; 0 after the last one. */
    silence: () => (receiving ? performance.now() - heardAt : 0),
    forgive() {
      heardAt = performance.now();
    },
    /** A beat is left out while a message is on its way. */
    say(message: string): void {
      if (!isSent() && message === BEAT) return;
      const bytes = new Uint8Array(new ArrayBuffer(MESSAGE_BYTES));
      const { written } = new TextEncoder().encodeInto(message, bytes.subarray(0, MESSAGE_BYTES - 1));
      const sent = bytes.subarray(0, written + 1);
      sending.push({ request: calls.send(sent, rank, tags.beat), bytes: sent });
    },
    /** Whether the rank has said its last word, and ours are sent. */
    isDone(): boolean {
      listen();
      return receiving === undefined && isSent();
    },
  };
}
