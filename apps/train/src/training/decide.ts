import type { Ranks } from '../ranks/ranks.ts';
import type { Checkpointing } from './checkpointing.ts';
import type { Events } from './events.ts';

export interface Decision {
  stopped: 'aborted' | 'callback' | undefined;
  /** Whether a checkpoint is due. */
  save: boolean;
}

/** What all ranks do next. Rank 0 decides, by its clock and the recipe's callbacks; a signal to any rank ends all. */
export async function decide(
  ranks: Ranks,
  { signal, events, checkpointing }: { signal: AbortSignal | undefined; events: Events; checkpointing: Checkpointing },
): Promise<Decision> {
  const signals = await ranks.gather(signal?.aborted ?? false);
  const stopped = signals?.includes(true) ? 'aborted' : events.stopReason() === undefined ? undefined : 'callback';
  return ranks.broadcast(signals && { stopped, save: checkpointing.isDue() });
}
