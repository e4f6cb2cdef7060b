/**
 * Times of other all-reduces of one vector over R ranks, to compare. A message of n bytes takes α + n·β seconds (Hockney, 1994).
 * γ is the time to add one byte of a vector to another. Source: Thakur, Rabenseifner & Gropp, "Optimization of Collective
 * Communication Operations in MPICH" (2005).
 */
import type { Link } from '@unroll/mpi/sum-time.ts';

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
