/** The program that started this process as one of several: mpiexec, mpirun, srun or an operator of a cluster. */
export interface Launcher {
  rank: number;
  /** The variables that show it: 'PMI_RANK=1, PMI_SIZE=4'. */
  evidence: string;
  /** The family of MPI libraries that it starts; undefined if it starts any. */
  family: Family | undefined;
  /** The number of processes; undefined if the launcher does not tell. */
  size: number | undefined;
}

/** MPI libraries with the same binary interface. MPICH's is also Intel MPI's, MVAPICH's and Cray MPICH's. */
export type Family = 'MPICH' | 'Open MPI';

/**
 * The variables of each launcher. mpiexec under Slurm sets its own beside Slurm's, so srun comes last. A batch script of Slurm has
 * SLURM_PROCID and SLURM_NTASKS too, but only srun sets SLURM_STEP_NUM_TASKS.
 */
const launchers: { rank: string; size: string; family?: Family }[] = [
  { rank: 'OMPI_COMM_WORLD_RANK', size: 'OMPI_COMM_WORLD_SIZE', family: 'Open MPI' },
  { rank: 'MV2_COMM_WORLD_RANK', size: 'MV2_COMM_WORLD_SIZE', family: 'MPICH' },
  { rank: 'PMI_RANK', size: 'PMI_SIZE', family: 'MPICH' },
  { rank: 'PALS_RANKID', size: 'PALS_SIZE', family: 'MPICH' },
  { rank: 'SLURM_PROCID', size: 'SLURM_STEP_NUM_TASKS' },
];

/** Variables of launchers that do not tell the size: PMIx ones such as prterun and `srun --mpi=pmix`, and `mpiexec -pmi-port` of MPICH. */
const ranksWithoutSize = ['PMIX_RANK', 'PMI_ID'];

/** The launcher of this process by its environment variables; undefined for a process on its own, also one of `mpiexec -n 1`. */
export function launcherOf(env: Readonly<Record<string, string | undefined>>): Launcher | undefined {
  // MPICH has to be built for PMIx, Open MPI always is.
  const pmix = env.PMIX_RANK === undefined ? undefined : 'Open MPI';
  for (const { rank, size, family = pmix } of launchers) {
    const [ownRank, ownSize] = [env[rank], env[size]];
    if (ownRank === undefined || ownSize === undefined) continue;
    if (Number(ownSize) <= 1) return undefined;
    // srun speaks PMI-2 to either library.
    const isEither = rank === 'PMI_RANK' && env.SLURM_STEP_ID !== undefined;
    return {
      rank: Number(ownRank),
      evidence: `${rank}=${ownRank}, ${size}=${ownSize}`,
      family: isEither ? undefined : family,
      size: Number(ownSize),
    };
  }
  const rank = ranksWithoutSize.find((name) => env[name] !== undefined);
  if (rank === undefined) return undefined;
  return { rank: Number(env[rank]), evidence: `${rank}=${env[rank]}`, family: pmix, size: undefined };
}
