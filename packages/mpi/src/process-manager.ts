/** Messages to MPICH's mpiexec (Hydra). It gives each process an open socket, PMI_FD, and reads lines of PMI-1 from it. */
import { writeSync } from 'node:fs';

/** Slurm sets PMI_FD too, for another protocol; only Hydra sets HYDI_CONTROL_FD. */
const socketOf = ({ PMI_FD, HYDI_CONTROL_FD }: NodeJS.ProcessEnv) => (HYDI_CONTROL_FD === undefined ? undefined : PMI_FD);

/** Ends all processes of the job, also before MPI_Init: mpiexec would let those that wait in it wait forever. */
export function abortJob(env: NodeJS.ProcessEnv): void {
  const socket = socketOf(env);
  if (socket !== undefined) writeSync(Number(socket), 'cmd=abort exitcode=1\n');
}
