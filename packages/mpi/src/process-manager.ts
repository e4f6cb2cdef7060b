/** Messages to MPICH's mpiexec (Hydra). It gives each process an open socket, PMI_FD, and reads lines of PMI-1 from it. */
import { readSync, writeSync } from 'node:fs';

/**
 * Hydra's socket. Slurm sets PMI_FD too, for another protocol. Of Hydra's processes those on some hosts have HYDI_CONTROL_FD and others do not,
 * so it cannot tell the two apart in the same way on every rank.
 */
const socketOf = ({ PMI_FD, SLURM_STEP_ID }: NodeJS.ProcessEnv) => (SLURM_STEP_ID === undefined ? PMI_FD : undefined);

/** Ends all processes of the job, also before MPI_Init: mpiexec would let those that wait in it wait forever. */
export function abortJob(env: NodeJS.ProcessEnv): void {
  const socket = socketOf(env);
  if (socket !== undefined) writeSync(Number(socket), 'cmd=abort exitcode=1\n');
}

/**
 * Waits until every process of the job has called this. Meanwhile the MPI library answers no other rank.
 * @returns false at once under another launcher.
 */
export function waitForJob(env: NodeJS.ProcessEnv): boolean {
  const socket = socketOf(env);
  if (socket === undefined) return false;
  writeSync(Number(socket), 'cmd=barrier_in\n');
  const answer = Buffer.alloc(1024);
  const text = answer.toString('latin1', 0, readSync(Number(socket), answer)).trim();
  if (text !== 'cmd=barrier_out') throw new Error(`mpi: expected 'cmd=barrier_out' from mpiexec, got '${text}'`);
  return true;
}
