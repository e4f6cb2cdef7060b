import type { Link } from './collectives.ts';

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

/** Deals items to ranks in contiguous blocks. With fewer items than ranks some ranks get none; rank 0 has one. */
export function deal<T>(items: readonly T[], ranks: number): T[][] {
  const edge = (rank: number) => Math.ceil((rank * items.length) / ranks);
  return Array.from({ length: ranks }, (_, rank) => items.slice(edge(rank), edge(rank + 1)));
}
