import { chainSum } from './chain-sum.ts';
import { measureCosts } from './measure-costs.ts';
import type { OrderedSum, Ranks } from './ordered-sum.ts';
import { inboxFloats, ownerSum } from './owner-sum.ts';
import { planSum, type SumCosts } from './sum-time.ts';

/** Where the ranks run. Equal on all ranks. */
export interface Places {
  /** The machine of each rank. */
  machines: readonly number[];
  /** Of a machine. */
  cores: number;
}

/**
 * @returns the sum over all ranks, along a chain or by owners, whichever is faster here: the same on every rank. Bits do not depend on it.
 * The first sum measures the links between ranks.
 */
export function createSumInOrder(mpi: Ranks, { machines, cores }: Places): (sum: OrderedSum) => Promise<void> {
  let costs: Promise<SumCosts> | undefined;
  let inbox = new Float32Array(0);
  return async (sum) => {
    costs ??= measureCosts(mpi, machines, cores);
    const { total, counts, before } = sum;
    const size = { floats: total.length, counts, accumulated: before !== undefined };
    const { algorithm, messageFloats } = planSum(await costs, size);
    if (algorithm === 'chain') return chainSum(mpi, sum, messageFloats);
    const floats = inboxFloats(mpi.rank, counts, messageFloats);
    if (inbox.length < floats) inbox = new Float32Array(new ArrayBuffer(4 * floats));
    return ownerSum(mpi, sum, messageFloats, inbox.subarray(0, floats));
  };
}
