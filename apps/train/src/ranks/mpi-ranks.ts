import { readFileSync } from 'node:fs';
import { cpus, hostname } from 'node:os';
import { joinMpi, type Mpi } from '@unroll/mpi/mpi.ts';
import { createSumInOrder, type Places } from '@unroll/mpi/sum-in-order.ts';
import { broadcast, broadcastArray, foldInOrder, gather } from '@unroll/mpi/values.ts';
import { type Loss, type Watch, watchRanks } from '@unroll/mpi/watch.ts';
import { type LastWords, sayWhenKilled } from './last-words.ts';
import { RankLost, type Ranks } from './ranks.ts';

/** A rank of an MPI job, with what ends the job early. */
export interface MpiRanks extends Ranks {
  /** Tells the other ranks that this one failed. */
  tell(message: string): void;
  /** Ends the processes of all ranks. */
  abort(code: number): void;
  /** Whether this process is still part of the job. */
  isMember(): boolean;
}

/**
 * Joins the job of the launcher.
 * @param limitSeconds how long another rank may be silent.
 * @param onFirstLost called on the other ranks if rank 0 is silent, or failed.
 * @returns undefined without a launcher.
 */
export async function joinRanks(limitSeconds: number, onFirstLost: (error: RankLost) => void): Promise<MpiRanks | undefined> {
  const mpi = joinMpi();
  if (!mpi) return undefined;
  const own = { host: hostname(), pid: process.pid, cores: coresOfProcess(), coreCount: cpus().length };
  const members = await broadcast(mpi, await gather(mpi, own));
  const nameOf = (rank: number) => `rank ${rank} on ${members[rank]?.host} (process ${members[rank]?.pid})`;
  let watch: Watch | undefined;
  let lastWords: LastWords | undefined;
  let isMember = true;
  let resume = '';

  function onLoss({ rank, message }: Loss): void {
    const what = message === undefined ? `has not answered for ${limitSeconds} s` : `failed: ${message}`;
    const error = new RankLost(`${nameOf(rank)} ${what}`);
    mpi?.fail(error);
    if (rank === 0) onFirstLost(new RankLost(`${error.message}. Resume with: ${resume}`));
  }
  return {
    rank: mpi.rank,
    size: mpi.size,
    onHost: members.filter(({ host }) => host === own.host).length,
    sharing: members.filter(({ host, cores }) => host === own.host && cores === own.cores).length,
    nameOf,
    ...exchangesOf(mpi, {
      machines: members.map(({ host }) => members.findIndex((other) => other.host === host)),
      cores: members[0]?.coreCount ?? 1,
    }),
    watch(command) {
      resume = command;
      watch = watchRanks(mpi, limitSeconds, onLoss);
      if (mpi.rank > 0) return;
      const names = members.map((_, rank) => nameOf(rank)).join(', ');
      lastWords = sayWhenKilled(
        `unroll: rank 0 was killed, and it may not be the first: see the launcher's message. Resume with: ${resume}\nThe ranks: ${names}.`,
      );
    },
    async leave() {
      await watch?.stop();
      lastWords?.cancel();
      mpi.finalize();
      isMember = false;
    },
    tell: (message) => watch?.tell(message),
    abort(code) {
      lastWords?.cancel();
      mpi.abort(code);
    },
    isMember: () => isMember,
  };
}

function exchangesOf(mpi: Mpi, places: Places): Pick<Ranks, 'sumInOrder' | 'foldInOrder' | 'gather' | 'broadcast' | 'broadcastArray'> {
  return {
    sumInOrder: createSumInOrder(mpi, places),
    foldInOrder: (first, next) => foldInOrder(mpi, first, next),
    gather: (value, onArrival) => gather(mpi, value, onArrival),
    broadcast: (value) => broadcast(mpi, value),
    broadcastArray: (array) => broadcastArray(mpi, array),
  };
}

/** The cores that this process may run on: a launcher may bind each rank to its own. */
function coresOfProcess(): string {
  try {
    return /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}
