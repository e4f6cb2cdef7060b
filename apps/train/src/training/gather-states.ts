import { stateWidth } from '@unroll/model/batch/state.ts';
import type { Prepared } from '../data/prepare.ts';
import { type Batch, TRAINING_STATES } from '../plan/rows.ts';
import { blockOf, type Ranks } from '../ranks/ranks.ts';
import type { Memory } from '../workers/shared-memory.ts';

/**
 * Copies the recurrent state of all streams to rank 0. Each rank has the rows of its own shards.
 * @param batch the last one of the run; without one, all ranks have the same state.
 */
export async function gatherStates(ranks: Ranks, { states }: Memory, { model }: Prepared, batch: Batch | undefined): Promise<void> {
  const halves = [0, 1].map((half) => states[TRAINING_STATES + half] as Float32Array);
  const floats = halves[0]?.length ?? 0;
  if (ranks.size === 1 || floats === 0 || !batch) return;
  const { from, to } = blockOf(ranks, batch.length);
  const own = batch.slice(from, to).flatMap((shard) => {
    if (!('state' in shard)) return [];
    const rows = rangesOf(model.stateWidths, floats, { first: shard.state.row, count: shard.starts.length });
    return halves.flatMap((half, h) => rows.map(([begin, end]) => ({ half: h, at: begin, values: half.slice(begin, end) })));
  });
  for (const { half, at, values } of (await ranks.gather(own))?.flat() ?? []) halves[half]?.set(values, at);
}

/** Where some rows are in a state array of the order 'tensors': one tensor [rows, width] after the other. */
function rangesOf(
  stateWidths: Prepared['model']['stateWidths'],
  floats: number,
  { first, count }: { first: number; count: number },
): [from: number, to: number][] {
  const rows = floats / stateWidth(stateWidths);
  let before = 0;
  return Object.values(stateWidths)
    .flat()
    .map((width) => {
      const from = rows * before + first * width;
      before += width;
      return [from, from + count * width];
    });
}
