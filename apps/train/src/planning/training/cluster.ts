import type { Link } from '@unroll/mpi/sum-time.ts';
import { blockOf } from '../../ranks/ranks.ts';

/** Where the ranks of a plan run. Machines are like this one. */
export interface Cluster {
  ranks: number;
  /** Worker threads of each rank. */
  workers: number;
  ranksPerMachine: number;
  /** Between machines. */
  network: Link;
}

/** The link from each rank to the next: memory inside a machine, the network between machines. */
export function linksOf({ ranks, ranksPerMachine, network }: Cluster, memory: Link): Link[] {
  return Array.from({ length: ranks - 1 }, (_, rank) => ((rank + 1) % ranksPerMachine === 0 ? network : memory));
}

/** Deals items to ranks as the trainer does: in contiguous blocks, some of them empty if there are fewer items than ranks. */
export function deal<T>(items: readonly T[], ranks: number): T[][] {
  return Array.from({ length: ranks }, (_, rank) => {
    const { from, to } = blockOf({ rank, size: ranks }, items.length);
    return items.slice(from, to);
  });
}
