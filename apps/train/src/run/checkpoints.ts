import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EpochMetrics } from '../recipe/events.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import { createMetricsFile, parseMetrics } from './metrics-file.ts';
import { reasonOf, writeAtomically } from './write-atomically.ts';

export interface CheckpointsOptions {
  directory: string;
  /** The file with the metrics of the epochs. */
  metrics: string;
  /** How many of the newest files to keep. */
  keep: number;
}

/** A checkpoint with the metrics of the epochs before it. */
export type WholeCheckpoint = Checkpoint & { history: readonly EpochMetrics[] };

/** The checkpoints of a run. */
export interface Checkpoints {
  /** Writes a checkpoint and removes the oldest ones. @returns its path. @throws if it cannot be written. */
  save(checkpoint: WholeCheckpoint): Promise<string>;
  /**
   * The newest undamaged checkpoint; undefined if there is none.
   * @param onDamaged called for each newer, damaged checkpoint.
   */
  latest(onDamaged: (path: string, reason: string) => void): Promise<WholeCheckpoint | undefined>;
}

const fileName = ({ state }: Checkpoint) => `step-${String(state.updates).padStart(9, '0')}.safetensors`;
const isCheckpoint = (name: string) => /^step-\d+\.safetensors$/.test(name);

export function createCheckpoints({ directory, metrics, keep }: CheckpointsOptions): Checkpoints {
  const metricsFile = createMetricsFile(metrics);
  return {
    async save({ history, ...checkpoint }) {
      const name = fileName(checkpoint);
      const path = join(directory, name);
      await mkdir(directory, { recursive: true });
      // Metrics first, because a checkpoint relies on the metrics of the epochs before it.
      await metricsFile.write(history);
      await writeAtomically(path, await encodeCheckpoint(checkpoint));
      // A newer, damaged checkpoint is overwritten once the run reaches its step. It must not displace an undamaged one.
      const old = (await namesIn(directory)).filter((other) => other <= name).slice(keep);
      await Promise.all(old.map((other) => rm(join(directory, other), { force: true })));
      return path;
    },

    async latest(onDamaged) {
      for (const name of await namesIn(directory)) {
        const path = join(directory, name);
        try {
          const checkpoint = await decodeCheckpoint(await readFile(path));
          const { epoch, history } = checkpoint.state;
          const held = history?.map((metrics) => parseMetrics(JSON.stringify(metrics)));
          return { ...checkpoint, history: held ?? (await metricsFile.read(epoch - 1)) };
        } catch (error) {
          onDamaged(path, reasonOf(error));
        }
      }
      return undefined;
    },
  };
}

/** File names, the newest first. */
async function namesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter(isCheckpoint).sort().reverse();
}
