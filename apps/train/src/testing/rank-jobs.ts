/** Jobs of several ranks that tests interrupt. */
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { startRanks } from '@unroll/mpi/testing/mpiexec.ts';

type Job = ReturnType<typeof startRanks>;

/** A path in a new folder, for a run. */
export const fresh = () => join(mkdtempSync(join(tmpdir(), 'unroll-ranks-')), 'run');

/** @throws if the job ends before the condition holds. */
export async function until(condition: () => boolean, job: Job): Promise<void> {
  const ended = job.ended.then(() => true);
  while (!condition()) {
    if (await Promise.race([ended, sleep(20, false)])) throw new Error(`the job ended: ${JSON.stringify(job.output)}`);
  }
}

/** The process of a rank, from what the ranks print. */
export function processOf({ output }: Job, rank: number): number {
  return Number(new RegExp(`rank ${rank} is process (\\d+)`).exec(output.stdout)?.[1]);
}

/** The number of checkpoints in a directory; 0 if it does not exist. */
export const checkpointsIn = (directory: string) => {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.safetensors')).length;
  } catch {
    return 0;
  }
};

/** A number below `limit` that differs from run to run; it is part of the failure message. */
export const random = (limit: number) => Math.floor(Math.random() * limit);
