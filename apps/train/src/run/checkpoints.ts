import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import { writeAtomically } from './write-atomically.ts';

export interface CheckpointsOptions {
  directory: string;
  /** Newest files that stay. */
  keep: number;
  /** Told of every file written and every one that could not be. */
  onWritten: (path: string, checkpoint: Checkpoint) => void;
  onFailed: (path: string, reason: string) => void;
}

/** The checkpoints of a run. */
export interface Checkpoints {
  /**
   * Writes one and removes those too old. One that cannot be written is reported, never thrown: training goes on.
   * @returns its path, or undefined if it could not be written.
   */
  save(checkpoint: Checkpoint): Promise<string | undefined>;
}

const fileName = ({ state }: Checkpoint) => `step-${String(state.updates).padStart(9, '0')}.safetensors`;
const isCheckpoint = (name: string) => /^step-\d+\.safetensors$/.test(name);

export function createCheckpoints({ directory, keep, onWritten, onFailed }: CheckpointsOptions): Checkpoints {
  return {
    async save(checkpoint) {
      const path = join(directory, fileName(checkpoint));
      try {
        await mkdir(directory, { recursive: true });
        await writeAtomically(path, await encodeCheckpoint(checkpoint));
        const old = (await namesIn(directory)).slice(keep);
        await Promise.all(old.map((name) => rm(join(directory, name), { force: true })));
        onWritten(path, checkpoint);
        return path;
      } catch (error) {
        onFailed(path, (error as Error).message);
        return undefined;
      }
    },
  };
}

/**
 * The newest checkpoint in a directory that is whole.
 * @param onDamaged told of newer ones that are not.
 * @throws if there is none.
 */
export async function latestCheckpoint(directory: string, onDamaged: (path: string, reason: string) => void): Promise<Checkpoint> {
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    try {
      return await decodeCheckpoint(await readFile(path));
    } catch (error) {
      onDamaged(path, (error as Error).message);
    }
  }
  throw new Error(`resume: there is no checkpoint to go on from in ${directory}`);
}

/** File names, the newest first. */
async function namesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter(isCheckpoint).sort().reverse();
}
