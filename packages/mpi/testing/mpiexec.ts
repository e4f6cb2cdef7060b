/** Starts ranks on this machine, for tests. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { launcherOf } from '../src/launcher.ts';
import { loadLibrary } from '../src/library.ts';
import { autopsy, processesOf, reporting } from './autopsy.ts';

export interface TestLauncher {
  name: 'MPICH' | 'Open MPI';
  /** The program that starts ranks. */
  mpiexec: string;
  /** Its first arguments. */
  args?: readonly string[];
  env: Record<string, string>;
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

const known: TestLauncher[] = [
  { name: 'MPICH', mpiexec: 'mpiexec.mpich', env: {} },
  {
    name: 'Open MPI',
    mpiexec: 'mpiexec.openmpi',
    env: { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1', OMPI_MCA_rmaps_base_oversubscribe: '1' },
  },
];

/** The launchers of this machine that have their library. Debian: apt install mpich openmpi-bin. */
export const launchers: readonly TestLauncher[] = known.filter(({ name, mpiexec }) => {
  try {
    return spawnSync(mpiexec, ['--version']).status === 0 && loadLibrary(name, undefined).abi.family === name;
  } catch {
    return false;
  }
});

/** For the name of a test that nothing can run. */
export const whyNoLauncher = 'skipped: no mpiexec.mpich or mpiexec.openmpi (Debian: apt install mpich openmpi-bin)';

/** A test that runs inside a job must not pass its own rank on. */
const ownEnv = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PMI|PMIX|OMPI|SLURM)_/.test(name)));

/** A job of a test takes some ten seconds on two free cores. One that does not end is killed, and its test fails with its autopsy. */
const JOB_LIMIT_MS = 400_000;

/** Starts a Node program on so many ranks. */
export function startRanks(
  { mpiexec, args: first = [], env }: TestLauncher,
  ranks: number,
  args: readonly string[],
  more: Record<string, string> = {},
  limit = JOB_LIMIT_MS,
) {
  if (launcherOf(ownEnv())) throw new Error('the test runner itself runs under a launcher');
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', ...reporting];
  const job = spawn(mpiexec, [...first, '-n', String(ranks), ...node, ...args], {
    env: { ...ownEnv(), ...env, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  const clock = setTimeout(async () => {
    const root = job.pid as number;
    output.stderr += `\nThe job did not end within ${limit / 1000} s:\n${await autopsy(root).catch(String)}`;
    spawnSync('kill', ['-KILL', ...processesOf(root).map(String)]);
  }, limit);
  job.once('close', () => clearTimeout(clock));
  for (const stream of ['stdout', 'stderr'] as const) job[stream].on('data', (text) => (output[stream] += text));
  const ended: Promise<Ended> = once(job, 'close').then(([code]) => ({ code: code as number | null, ...output }));
  return { job, output, ended };
}

export const runRanks = (...args: Parameters<typeof startRanks>): Promise<Ended> => startRanks(...args).ended;
