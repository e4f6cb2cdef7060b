import { blockOf, type Ranks } from '../ranks/ranks.ts';
import type { Pool } from '../workers/pool.ts';
import { BLOCK, sumSquares } from '../workers/reduce.ts';
import type { Memory } from '../workers/shared-memory.ts';

export interface GradientSum {
  /** The number of the batch's shards, over all ranks. */
  shards: number;
  /** The total to write. */
  into: 0 | 1;
  /** The total of earlier batches, when gradients accumulate. */
  before?: 0 | 1 | undefined;
}

/**
 * Sums the gradients of a batch's shards in their order, and the squares of the sum. The workers of one process do it; between ranks the main
 * thread adds the parts as they arrive, and every rank has the whole total in the end. The order is the same, so the bits are.
 */
export async function sumGradients(pool: Pool, ranks: Ranks, memory: Memory, { shards, into, before }: GradientSum): Promise<void> {
  const { layout, slots, totals, squares } = memory;
  if (ranks.size === 1) {
    await pool.runSegments('sum', { length: layout.changingLength }, { slots: shards, into, ...(before !== undefined && { before }) });
    return;
  }
  const counts = Array.from({ length: ranks.size }, (_, rank) => {
    const { from, to } = blockOf({ rank, size: ranks.size }, shards);
    return to - from;
  });
  const total = totals[into];
  await ranks.sumInOrder({
    total,
    addends: slots.slice(0, counts[ranks.rank]),
    counts,
    before: before === undefined ? undefined : totals[before],
    block: BLOCK,
    onPart: (from, to) => sumSquares(total, squares, { from, to }, layout.trainableLength),
  });
}
