import { join } from 'node:path';
import type { Prepared } from '../data/prepare.ts';
import type { Batch } from '../plan/rows.ts';
import { onFirstRank, type Ranks } from '../ranks/ranks.ts';
import { beginning, checkIdentity, identityOf, type RunState } from '../run/checkpoint.ts';
import { createCheckpoints } from '../run/checkpoints.ts';
import { reasonOf, WriteFailed } from '../run/write-atomically.ts';
import { arraysOf, type Memory } from '../workers/shared-memory.ts';
import type { Events } from './events.ts';
import { gatherStates } from './gather-states.ts';

/** The folder of the checkpoints, and how often to write them. */
export interface CheckpointFiles {
  directory: string;
  /** The metrics file, one line of JSON per epoch; by default in the directory. */
  metrics?: string | undefined;
  /** How many of the newest to keep: 3 if left out. */
  keep?: number | undefined;
  /** Seconds between two checkpoints in an epoch: 60 if left out. Each epoch ends with a checkpoint. */
  everySeconds?: number | undefined;
}

/** Saves and restores a run. Rank 0 reads and writes the files. */
export interface Checkpointing {
  /** Whether the last checkpoint is old enough for another. */
  isDue(): boolean;
  /**
   * Writes a checkpoint; every rank calls it. A failure is an event, not an error: training continues and the next one is tried.
   * @param batch the last batch before the state, if there was one.
   */
  save(state: RunState, batch: Batch | undefined): Promise<void>;
  /** Writes a checkpoint after an error, unless a part of the state is on other ranks. */
  rescue(state: RunState): Promise<void>;
  /**
   * Reads the newest undamaged checkpoint into the memory of every rank. Without one, the run starts at its first step.
   * @throws if the checkpoint is of a run with other values or, unless forced, other data or another engine.
   */
  restore(force: boolean): Promise<RunState>;
}

/** What a checkpoint is made of, and who writes it. */
interface Parts {
  prepared: Prepared;
  memory: Memory;
  ranks: Ranks;
  events: Events;
}

/** @param files if left out, nothing is saved. */
export function createCheckpointing(files: CheckpointFiles | undefined, { prepared, memory, ranks, events }: Parts): Checkpointing {
  if (!files) return { isDue: () => false, save: async () => {}, rescue: async () => {}, restore: async () => beginning };
  const { directory, metrics = join(directory, 'metrics.jsonl'), keep = 3, everySeconds = 60 } = files;
  const checkpoints = createCheckpoints({ directory, metrics, keep });
  const identity = identityOf(prepared, memory.engine.engine);
  const { epochs, bpttSteps } = prepared.recipe.training;
  let savedAt = performance.now();

  async function write({ buffer, history, ...state }: RunState): Promise<void> {
    savedAt = performance.now();
    try {
      const path = await checkpoints.save({ state, history, identity, arrays: arraysOf(memory, buffer) });
      events.mention({ type: 'checkpoint', path, epoch: state.epoch, step: state.step });
    } catch (error) {
      const path = error instanceof WriteFailed ? error.path : directory;
      events.mention({ type: 'writeFailed', path, reason: error instanceof WriteFailed ? error.reason : reasonOf(error) });
    }
  }

  /** Reads the newest checkpoint into this rank's memory. */
  async function read(force: boolean): Promise<RunState> {
    const saved = await checkpoints.latest((path, reason) => events.mention({ type: 'damaged', path, reason }));
    if (!saved) return beginning;
    checkIdentity(saved.identity, identity, force);
    if (saved.history.length > epochs) {
      throw new Error(`resume: ${saved.history.length} epochs are done, so --epochs cannot be ${epochs}`);
    }
    const arrays = arraysOf(memory, beginning.buffer);
    for (const [name, array] of Object.entries(saved.arrays)) arrays[name]?.set(array);
    return { ...saved.state, buffer: beginning.buffer, history: saved.history };
  }

  return {
    isDue: () => performance.now() - savedAt > everySeconds * 1000,
    async save(state, batch) {
      await gatherStates(ranks, memory, prepared, batch);
      if (ranks.rank === 0) await write(state);
    },
    async rescue(state) {
      // The streams of an epoch start from zeros, so before its first step there is no state to lose.
      const isWhole = ranks.size === 1 || bpttSteps === undefined || state.step === 0;
      if (ranks.rank === 0 && isWhole) await write(state);
    },
    async restore(force) {
      const state = await onFirstRank(ranks, () => read(force));
      for (const array of Object.values(arraysOf(memory, beginning.buffer))) await ranks.broadcastArray(array);
      return state;
    },
  };
}
