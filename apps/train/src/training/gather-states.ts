import type { Batch } from '../plan/rows.ts';
import { TRAINING_STATES } from '../plan/rows.ts';
import { blockOf, type Ranks } from '../ranks/ranks.ts';
import type { Memory } from '../workers/shared-memory.ts';

/**
 * Copies the recurrent state of all streams to rank 0. Each rank has the rows of its own shards.
 * @param batch the last one of the run; without one, all ranks have the same state.
 * @param streams rows of the state memory.
 */
export async function gatherStates(ranks: Ranks, { states }: Memory, batch: Batch | undefined, streams: number): Promise<void> {
  const halves = [0, 1].map((half) => states[TRAINING_STATES + half] as Float32Array);
  const width = (halves[0]?.length ?? 0) / streams;
  if (ranks.size === 1 || width === 0 || !batch) return;
  const { from, to } = blockOf(ranks, batch.length);
  const rows = batch.slice(from, to).flatMap((shard) => ('state' in shard ? [{ row: shard.state.row, count: shard.starts.length }] : []));
  const own = rows.flatMap(({ row, count }) =>
    halves.map((half, h) => ({ half: h, at: row * width, values: half.slice(row * width, (row + count) * width) })),
  );
  for (const { half, at, values } of (await ranks.gather(own))?.flat() ?? []) halves[half]?.set(values, at);
}
