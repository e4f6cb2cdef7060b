import { fstatSync } from 'node:fs';
import { hostname } from 'node:os';
import { type Bytes, bindCalls, type Calls } from './calls.ts';
import { exitAtOnce } from './exit-at-once.ts';
import { type Launcher, launcherOf } from './launcher.ts';
import { loadLibrary, type MpiLibrary } from './library.ts';
import { createTransfers } from './transfers.ts';

/** This process as one of several that a launcher started together. */
export interface Mpi {
  readonly rank: number;
  readonly size: number;
  /** 'Open MPI v4.1.4 (libmpi.so.40)' */
  readonly library: string;
  /** Resolves once the content may be overwritten. Messages of one sender and tag arrive in their order. */
  send(bytes: Bytes, to: number, tag: number): Promise<void>;
  /** Resolves once the content has arrived: as many bytes as the sender gave, which must not be more than `bytes` holds. */
  receive(bytes: Bytes, from: number, tag: number): Promise<void>;
  /** total[i] += addend[i] in float32, in order. */
  add(addend: Float32Array, total: Float32Array): void;
  /** The library's own functions, without waiting: the caller polls its requests with isComplete. */
  readonly calls: Pick<Calls, 'send' | 'receive' | 'isComplete'>;
  /** Rejects every wait for another rank, now and later. */
  fail(error: Error): void;
  /** Leaves the job. Every rank must call it, with no transfer in progress; afterwards the process is on its own. */
  finalize(): void;
  /** Ends the processes of all ranks. */
  abort(code: number): void;
}

/**
 * Joins the job that a launcher started.
 * @returns undefined for a process on its own; it loads no MPI library.
 * @throws if there is no usable library, or if it is not the launcher's.
 */
export function joinMpi(env = process.env): Mpi | undefined {
  const launcher = launcherOf(env);
  if (!launcher) return undefined;
  checkConnection(env);
  const library = loadLibrary(launcher.family, env.UNROLL_MPI_LIB);
  const calls = bindCalls(library);
  const { rank, size } = calls.init();
  checkSize(launcher, library, size);
  exitAtOnce();
  const { send, receive, fail } = createTransfers(calls);
  const { add, finalize, abort } = calls;
  return { rank, size, library: `${library.version} (${library.name})`, send, receive, fail, add, calls, finalize, abort };
}

/** MPICH's mpiexec passes an open file to its processes; Node, and so npx, does not pass it on to processes of its own. */
function checkConnection({ PMI_FD }: NodeJS.ProcessEnv): void {
  if (PMI_FD === undefined || isSocket(Number(PMI_FD))) return;
  throw new Error(
    `mpi: the connection to mpiexec (file ${PMI_FD}) was closed by a program between mpiexec and this process, such as npx. ` +
      "Start npx first: npx -c 'mpiexec -n 8 unroll train RECIPE'; or pass -pmi-port to mpiexec.",
  );
}

function isSocket(file: number): boolean {
  try {
    return fstatSync(file).isSocket();
  } catch {
    return false;
  }
}

/** A library that does not understand the launcher starts every process as a job of its own. */
function checkSize({ evidence, rank, size }: Launcher, { name, version }: MpiLibrary, found: number): void {
  if (size === undefined ? rank < found : found === size) return;
  throw new Error(
    `mpi: the launcher started ${size ?? 'several'} processes (${evidence} on ${hostname()}), but ${version} (${name}) finds ${found}. ` +
      'Launcher and library must be of one kind: start with the mpiexec of this library, or name the launcher’s library in UNROLL_MPI_LIB; ' +
      'under srun, choose --mpi=pmi2 or --mpi=pmix (srun --mpi=list names them).',
  );
}
