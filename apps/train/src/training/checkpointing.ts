import { join } from 'node:path';
import type { Prepared } from '../data/prepare.ts';
import { beginning, checkIdentity, identityOf, type RunState } from '../run/checkpoint.ts';
import { createCheckpoints } from '../run/checkpoints.ts';
import { reasonOf, WriteFailed } from '../run/write-atomically.ts';
import { arraysOf, type Memory } from '../workers/shared-memory.ts';
import type { Events } from './events.ts';

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

/** Saves and restores a run. */
export interface Checkpointing {
  /** Whether the last checkpoint is old enough for another. */
  isDue(): boolean;
  /** Writes a checkpoint. A failure is an event, not an error: training continues and the next one is tried. */
  save(state: RunState): Promise<void>;
  /**
   * Reads the newest undamaged checkpoint into memory. Without one, the run starts at its first step.
   * @throws if the checkpoint is of a run with other values or, unless forced, other data or another engine.
   */
  restore(force: boolean): Promise<RunState>;
}

/** @param files if left out, nothing is saved. */
export function createCheckpointing(
  files: CheckpointFiles | undefined,
  { prepared, memory, events }: { prepared: Prepared; memory: Memory; events: Events },
): Checkpointing {
  if (!files) return { isDue: () => false, save: async () => {}, restore: async () => beginning };
  const { directory, metrics = join(directory, 'metrics.jsonl'), keep = 3, everySeconds = 60 } = files;
  const checkpoints = createCheckpoints({ directory, metrics, keep });
  const identity = identityOf(prepared, memory.engine.engine);
  let savedAt = performance.now();
  return {
    isDue: () => performance.now() - savedAt > everySeconds * 1000,

    async save({ buffer, history, ...state }) {
      savedAt = performance.now();
      try {
        const path = await checkpoints.save({ state, history, identity, arrays: arraysOf(memory, buffer) });
        events.mention({ type: 'checkpoint', path, epoch: state.epoch, step: state.step });
      } catch (error) {
        const path = error instanceof WriteFailed ? error.path : directory;
        events.mention({ type: 'writeFailed', path, reason: error instanceof WriteFailed ? error.reason : reasonOf(error) });
      }
    },

    async restore(force) {
      const saved = await checkpoints.latest((path, reason) => events.mention({ type: 'damaged', path, reason }));
      if (!saved) return beginning;
      checkIdentity(saved.identity, identity, force);
      const { epochs } = prepared.recipe.training;
      if (saved.history.length > epochs) {
        throw new Error(`resume: ${saved.history.length} epochs are done,so --epochs cannot be ${epochs}`);
      }
      const arrays = arraysOf(memory, beginning.buffer);
      for (const [name, array] of Object.entries(saved.arrays)) arrays[name]?.set(array);
      return { ...saved.state, buffer: beginning.buffer, history: saved.history };
    },
  };
}
