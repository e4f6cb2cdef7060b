/** The sum of vectors over ranks, with the additions of one process in the same order, so the bits do not depend on the number of ranks. */
import type { Mpi } from './mpi.ts';

/** What a sum needs of MPI. */
export type Ranks = Pick<Mpi, 'rank' | 'size' | 'send' | 'receive' | 'add'>;

export interface OrderedSum {
  /** The result, on every rank. */
  total: Float32Array;
  /** Vectors as long as the total: added in the order of ranks, and on each rank in the order of the list. */
  addends: readonly Float32Array[];
  /** The number of addends of each rank, equal on all ranks. Rank 0 has at least one. */
  counts: readonly number[];
  /** Added before all addends; equal on all ranks. */
  before?: Float32Array | undefined;
  /** Called on every rank for each finished part [from, to) of the total, in order. A part begins at a multiple of `block`. */
  onPart(from: number, to: number): void;
  block: number;
}

/** @returns a function that reports the blocks before `end`, where the total is final. */
export function reportBlocks({ total, block, onPart }: Pick<OrderedSum, 'total' | 'block' | 'onPart'>): (end: number) => void {
  let reported = 0;
  return (end) => {
    const to = end === total.length ? end : end - (end % block);
    if (to <= reported) return;
    onPart(reported, to);
    reported = to;
  };
}

/** A promise that is awaited later. Until then its rejection is not unhandled. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
