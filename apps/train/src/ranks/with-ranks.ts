import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { launcherOf } from '@unroll/mpi/launcher.ts';
import { abortJob } from '@unroll/mpi/process-manager.ts';
import type { MpiRanks } from './mpi-ranks.ts';
import { alone, EveryRankFailed, type RankLost, type Ranks } from './ranks.ts';

/** Seconds that a rank may be silent. */
export const RANK_TIMEOUT = 60;

/**
 * Runs work on every rank of the launcher's job, or in this process alone. It loads no MPI library without a launcher.
 * An error of one rank ends all: rank 0 throws it, and the other processes end with exit code 1.
 * @returns the result on rank 0, undefined on the others.
 */
export async function withRanks<T>(limitSeconds: number, work: (ranks: Ranks) => Promise<T>): Promise<T | undefined> {
  const launcher = launcherOf(process.env);
  if (!launcher) return work(alone);
  const { joinRanks } = await import('./mpi-ranks.ts');
  const ranks: MpiRanks | undefined = await joinRanks(limitSeconds, (error) => endWithoutFirst(ranks, error)).catch((error) =>
    endWithoutLibrary(launcher.rank, error as Error),
  );
  if (!ranks) return work(alone);
  try {
    const result = await work(ranks);
    return ranks.rank === 0 ? result : undefined;
  } catch (error) {
    if (error instanceof EveryRankFailed && ranks.isMember()) await ranks.leave();
    else if (ranks.isMember()) await endAll(ranks, error as Error, limitSeconds);
    if (ranks.rank === 0) throw error;
    process.exitCode = 1;
    return undefined;
  }
}

/** How long a rank without a usable MPI library waits for rank 0, which reports the error if it has the same. */
const SAME_ERROR_MS = 5000;

/** Usually all ranks fail alike, and only rank 0 reports it. A rank that fails alone says so: rank 0 waits for it inside the library. */
async function endWithoutLibrary(rank: number, error: Error): Promise<never> {
  if (rank > 0) await sleep(SAME_ERROR_MS);
  // After the message of rank 0 is printed.
  process.on('exit', () => abortJob(process.env));
  throw rank > 0 ? new Error(`rank ${rank} on ${hostname()}: ${error.message}`, { cause: error }) : error;
}

/** Rank 0 ends the job after its error message is printed, at its exit. The other ranks tell rank 0 and wait for this end. */
async function endAll(ranks: MpiRanks, error: Error, limitSeconds: number): Promise<void> {
  process.exitCode = 1;
  // Before the library's own exit handler.
  process.prependListener('exit', () => ranks.abort(1));
  if (ranks.rank === 0) return;
  ranks.tell(error.message);
  await sleep(limitSeconds * 1000);
}

/** Rank 0 prints for all; without it, each rank does. */
function endWithoutFirst(ranks: MpiRanks | undefined, error: RankLost): void {
  console.error(`\nunroll: ${ranks?.nameOf(ranks.rank)}: ${error.message}`);
  ranks?.abort(1);
}
