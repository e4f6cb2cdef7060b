import { expect, test } from 'vitest';
import { launcherOf } from './launcher.ts';
import { joinMpi } from './mpi.ts';

test.each([
  ['mpiexec of MPICH', { PMI_RANK: '1', PMI_SIZE: '4' }, { rank: 1, evidence: 'PMI_RANK=1, PMI_SIZE=4', family: 'MPICH', size: 4 }],
  [
    'mpiexec of Open MPI, which sets PMIX_RANK too',
    { OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '2', PMIX_RANK: '0' },
    { rank: 0, evidence: 'OMPI_COMM_WORLD_RANK=0, OMPI_COMM_WORLD_SIZE=2', family: 'Open MPI', size: 2 },
  ],
  [
    'srun without PMI',
    { SLURM_PROCID: '3', SLURM_STEP_NUM_TASKS: '4', SLURM_STEP_ID: '0' },
    { rank: 3, evidence: 'SLURM_PROCID=3, SLURM_STEP_NUM_TASKS=4', family: undefined, size: 4 },
  ],
  [
    'srun with PMI-2, for either library',
    { PMI_RANK: '0', PMI_SIZE: '2', SLURM_STEP_ID: '0', SLURM_PROCID: '0', SLURM_STEP_NUM_TASKS: '2' },
    { rank: 0, evidence: 'PMI_RANK=0, PMI_SIZE=2', family: undefined, size: 2 },
  ],
  [
    'a PMIx launcher, which does not tell the size',
    { PMIX_RANK: '5' },
    { rank: 5, evidence: 'PMIX_RANK=5', family: 'Open MPI', size: undefined },
  ],
  [
    'mpiexec -pmi-port of MPICH',
    { PMI_ID: '1', PMI_PORT: 'host:1234' },
    { rank: 1, evidence: 'PMI_ID=1', family: undefined, size: undefined },
  ],
  [
    'mpiexec of Open MPI inside a Slurm job',
    { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '4', SLURM_STEP_ID: '0', SLURM_PROCID: '0', SLURM_STEP_NUM_TASKS: '2' },
    { rank: 1, evidence: 'OMPI_COMM_WORLD_RANK=1, OMPI_COMM_WORLD_SIZE=4', family: 'Open MPI', size: 4 },
  ],
  [
    'srun with PMIx',
    { PMIX_RANK: '1', SLURM_STEP_ID: '0', SLURM_PROCID: '1', SLURM_STEP_NUM_TASKS: '2' },
    { rank: 1, evidence: 'SLURM_PROCID=1, SLURM_STEP_NUM_TASKS=2', family: 'Open MPI', size: 2 },
  ],
  ['one rank only', { PMI_RANK: '0', PMI_SIZE: '1' }, undefined],
  ['a batch script of Slurm', { SLURM_PROCID: '0', SLURM_NTASKS: '8' }, undefined],
  ['a shell', { HOME: '/root' }, undefined],
])('%s', (_, env, launcher) => {
  expect(launcherOf(env)).toEqual(launcher);
});

test('a process without a launcher is on its own', () => {
  expect(joinMpi({})).toBeUndefined();
});
