import type { OrderedSum } from '@unroll/mpi/ordered-sum.ts';

/** The processes that train one model together. Every rank calls these functions in the same order. */
export interface Ranks {
  readonly rank: number;
  /** The number of ranks. */
  readonly size: number;
  /** How many ranks share this rank's cores, itself included. */
  readonly sharing: number;
  /** How many ranks are on this rank's machine, itself included. */
  readonly onHost: number;
  /** 'rank 2 on host-b' */
  nameOf(rank: number): string;
  /** Sums the ranks' vectors in the order of ranks, with the bits of one process. */
  sumInOrder(sum: OrderedSum): Promise<void>;
  /** Passes numbers from rank to rank; each gives its own from those before it. @returns the last rank's, on every rank. */
  foldInOrder(first: readonly number[], next: (before: readonly number[]) => readonly number[]): Promise<readonly number[]>;
  /** @returns the values of all ranks in their order on rank 0, undefined on the others. */
  gather<T>(value: T, onArrival?: (rank: number) => void): Promise<T[] | undefined>;
  /** @returns rank 0's value, on every rank. */
  broadcast<T>(value: T | undefined): Promise<T>;
  /** Copies rank 0's array into the array of every rank. */
  broadcastArray(array: Float32Array): Promise<void>;
  /** Starts to watch whether the other ranks answer; call it once all are ready. `resume` is the command for a message at a sudden end. */
  watch(resume: string): void;
  /** Ends the work together; rank 0 goes on by itself. */
  leave(): Promise<void>;
}

/** The only rank of a process without a launcher. */
export const alone: Ranks = {
  rank: 0,
  size: 1,
  sharing: 1,
  onHost: 1,
  nameOf: () => 'this process',
  sumInOrder: () => Promise.reject(new Error('one process sums its gradients on its workers')),
  foldInOrder: async (first, next) => next(first),
  gather: async (value) => [value],
  broadcast: async <T>(value: T | undefined) => value as T,
  broadcastArray: async () => {},
  watch: () => {},
  leave: async () => {},
};

/** Consecutive things, [from, to). */
export interface Block {
  from: number;
  to: number;
}

/** The part of `count` things that a rank computes. Blocks are contiguous, in the order of ranks, and rank 0 has at least one thing. */
export function blockOf({ rank, size }: Pick<Ranks, 'rank' | 'size'>, count: number): Block {
  const edge = (r: number) => Math.ceil((r * count) / size);
  return { from: edge(rank), to: edge(rank + 1) };
}

/** An error that every rank throws at the same place, so that all can end together. */
export class EveryRankFailed extends Error {
  override readonly name: string = 'EveryRankFailed';
}

/** Another rank failed or stopped answering. */
export class RankLost extends Error {
  override readonly name = 'RankLost';
}

/**
 * Runs on rank 0.
 * @returns its result, on every rank.
 * @throws its error, on every rank.
 */
export async function onFirstRank<T>(ranks: Ranks, work: () => T | Promise<T>): Promise<T> {
  if (ranks.size === 1) return work();
  let outcome: { result: T } | { error: string } | undefined;
  if (ranks.rank === 0) {
    try {
      outcome = { result: await work() };
    } catch (error) {
      outcome = { error: (error as Error).message };
    }
  }
  const told = await ranks.broadcast(outcome);
  if ('error' in told) throw new EveryRankFailed(told.error);
  return told.result;
}
