import type { Mpi } from './mpi.ts';
import { handled } from './ordered-sum.ts';
import type { Link, SumCosts } from './sum-time.ts';
import { tags } from './tags.ts';
import { broadcast, gather } from './values.ts';

type Ranks = Pick<Mpi, 'rank' | 'size' | 'send' | 'receive' | 'add'>;

/** What a pair of ranks measured. Times are in seconds. */
export interface PairCosts {
  link: Link;
  /** Of a thread, for each message of several that follow each other. */
  perMessage: number;
}

const EMPTY_BYTES = 8;
/** As many bytes in messages of two sizes tell the time of a message from the time of a byte. */
const FEW = { bytes: 2 ** 19, count: 2 };
const MANY = { bytes: 2 ** 15, count: 32 };
const ADDED_FLOATS = 65536;
/** Seconds, where no two ranks share a machine to measure them. */
const MEMORY: Link = { latency: 5e-6, secondsPerByte: 1e-10 };

/** Measures the links from rank to rank, in some milliseconds; every rank must call it. @returns the same numbers on every rank. */
export async function measureCosts(mpi: Ranks, machines: readonly number[], cores: number): Promise<SumCosts> {
  const { rank, size } = mpi;
  const rounds = { warmUp: 2, timed: 5 };
  // First the pairs (0, 1), (2, 3) ..., then (1, 2), (3, 4) ...
  let toNext: PairCosts | undefined;
  for (const first of [0, 1]) {
    const isLower = rank % 2 === first;
    const peer = isLower ? rank + 1 : rank - 1;
    if (peer < 0 || peer >= size) continue;
    const measured = await measurePair(mpi, peer, rounds);
    if (isLower) toNext = measured;
  }
  const all = await gather(mpi, { pair: toNext, perByteAdded: timeOfAdding(mpi) });
  return broadcast(mpi, all && slowest(all, machines, cores));
}

function slowest(
  all: readonly { pair: PairCosts | undefined; perByteAdded: number }[],
  machines: readonly number[],
  cores: number,
): SumCosts {
  const isNear = (rank: number) => machines[rank] === machines[rank + 1];
  const pairs = all.flatMap(({ pair }, rank) => (pair ? [{ ...pair, near: isNear(rank) }] : []));
  const most = (near: boolean, of: (link: Link) => number) =>
    pairs.reduce((max, pair) => (pair.near === near ? Math.max(max, of(pair.link)) : max), 0);
  return {
    machines,
    cores,
    network: { latency: most(false, (link) => link.latency), secondsPerByte: most(false, (link) => link.secondsPerByte) },
    memoryLatency: most(true, (link) => link.latency) || MEMORY.latency,
    perMessage: Math.max(0, ...pairs.map(({ perMessage }) => perMessage)),
    perByteCopied: most(true, (link) => link.secondsPerByte) || MEMORY.secondsPerByte,
    perByteAdded: Math.max(...all.map((each) => each.perByteAdded)),
  };
}

/** Times messages to and from another rank, which must call this too. Other programs only delay messages, so the shortest time counts. */
export async function measurePair(
  { rank, send, receive }: Ranks,
  peer: number,
  rounds: { warmUp: number; timed: number },
): Promise<PairCosts> {
  // Together the messages are larger than the processor's caches, as those of a gradient are.
  const memory = new ArrayBuffer(8 * FEW.bytes);
  /** Half the time of some messages to the peer, and as many back. */
  async function oneWay({ bytes, count }: { bytes: number; count: number }): Promise<number> {
    let next = 0;
    async function inTurn(start: (message: Uint8Array) => Promise<void>): Promise<void> {
      let before: Promise<void> | undefined;
      for (let i = 0; i < count; i++) {
        const started = handled(start(new Uint8Array(memory, (next++ * bytes) % memory.byteLength, bytes)));
        await before;
        before = started;
      }
      await before;
    }
    const times: number[] = [];
    for (let i = 0; i < rounds.warmUp + rounds.timed; i++) {
      const started = performance.now();
      if (rank < peer) await inTurn((message) => send(message, peer, tags.probe));
      await inTurn((message) => receive(message, peer, tags.probe));
      if (rank > peer) await inTurn((message) => send(message, peer, tags.probe));
      times.push((performance.now() - started) / 2000);
    }
    return Math.min(...times.slice(rounds.warmUp));
  }
  const latency = await oneWay({ bytes: EMPTY_BYTES, count: 1 });
  const few = await oneWay(FEW);
  const many = await oneWay(MANY);
  const perMessage = Math.max(0, (many - few) / (MANY.count - FEW.count));
  const secondsPerByte = Math.max(0, few - latency - FEW.count * perMessage) / (FEW.count * FEW.bytes);
  return { link: { latency, secondsPerByte }, perMessage };
}

/** Seconds per byte. */
export function timeOfAdding({ add }: Pick<Mpi, 'add'>): number {
  const [addend, total] = [new Float32Array(ADDED_FLOATS).fill(1), new Float32Array(ADDED_FLOATS)];
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const started = performance.now();
    add(addend, total);
    least = Math.min(least, (performance.now() - started) / 1000);
  }
  return least / (4 * ADDED_FLOATS);
}
