/**
 * Times of an all-reduce of one vector over R ranks. A link follows Hockney (1994): a message of n bytes takes α + n·β seconds.
 * γ is the time to add one byte of a vector to another. Ring and tree: Thakur, Rabenseifner & Gropp, "Optimization of Collective
 * Communication Operations in MPICH" (2005).
 */

/** A link between two ranks. */
export interface Link {
  /** α: seconds of an empty message. */
  latency: number;
  /** β */
  secondsPerByte: number;
}

export interface Reduction {
  ranks: number;
  /** Of the vector. */
  bytes: number;
  /** γ */
  secondsPerByteAdded: number;
}

/** α + n·β */
export const messageTime = ({ latency, secondsPerByte }: Link, bytes: number) => latency + bytes * secondsPerByte;

/**
 * Ring: reduce-scatter, then all-gather, each in R-1 steps of n/R bytes: 2(R-1)α + 2·n(R-1)/R·β + n(R-1)/R·γ.
 */
export function ringTime({ ranks, bytes, secondsPerByteAdded }: Reduction, link: Link): number {
  const part = bytes / ranks;
  return (ranks - 1) * (2 * messageTime(link, part) + part * secondsPerByteAdded);
}

/** Binomial tree: a reduce, then a broadcast, each in ⌈lg R⌉ steps of n bytes: ⌈lg R⌉·(2α + 2nβ + nγ). */
export function treeTime({ ranks, bytes, secondsPerByteAdded }: Reduction, link: Link): number {
  return Math.ceil(Math.log2(ranks)) * (2 * messageTime(link, bytes) + bytes * secondsPerByteAdded);
}

/** A chain of ranks, along which `chainSum` of packages/mpi passes the vector in parts. */
export interface Chain {
  ranks: number;
  /** Of one part of the vector. */
  partBytes: number;
  parts: number;
  /** The link from each rank to the next, ranks - 1 of them. Between processes of a machine a message has a latency and is only copied. */
  links: readonly Link[];
  /** Seconds in which each rank adds its own slots of one part. */
  adding: readonly number[];
  /** The sender's thread copies a message into the system, the receiver's thread copies it out. */
  secondsPerByteCopied: number;
  /** Bounds the work of all ranks of one machine by its cores. */
  machine: { ranks: number; cores: number };
}

/**
 * The sum along a chain. A part passes 2(R-1) links and R additions: forward, and back. Parts follow each other at once, so the time is
 * that of a pipeline: the first part's whole way, then one period for each other part. The period is the longest of
 * - a link's time for a part without its latency: n·β in each direction (links are duplex),
 * - a rank's thread: its additions, and a copy for each of its messages, 4 in the middle of the chain and 2 at its ends,
 * - the threads' work on one machine over its cores.
 */
export function chainTime({ ranks, partBytes, parts, links, adding, secondsPerByteCopied, machine }: Chain): number {
  if (ranks === 1) return parts * (adding[0] ?? 0);
  const copy = partBytes * secondsPerByteCopied;
  const busy = adding.map((time, rank) => time + (rank === 0 || rank === ranks - 1 ? 2 : 4) * copy);
  const way = sum(adding) + 2 * sum(links.map((link) => messageTime(link, partBytes) + 2 * copy));
  const slowestLink = Math.max(...links.map(({ secondsPerByte }) => partBytes * secondsPerByte));
  const ofMachine = ((sum(busy) / ranks) * machine.ranks) / machine.cores;
  return way + (parts - 1) * Math.max(slowestLink, ...busy, ofMachine);
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
