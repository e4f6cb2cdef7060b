import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { RankCosts } from './calibration.ts';

/** Open MPI refuses more ranks than cores, and root, unless told otherwise. */
const environment = {
  OMPI_MCA_rmaps_base_oversubscribe: '1',
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
};

/** Times messages between two ranks of this machine. Without MPI it times copies of memory instead. */
export async function measureRanks(): Promise<RankCosts> {
  const probe = fileURLToPath(new URL('rank-probe.ts', import.meta.url));
  try {
    const { stdout } = await promisify(execFile)('mpiexec', ['-n', '2', process.execPath, '--no-warnings', probe], {
      env: { ...process.env, ...environment },
      timeout: 60_000,
    });
    const costs = JSON.parse(stdout.trim().split('\n').at(-1) as string) as RankCosts;
    return { ...costs, source: `two ranks of ${costs.source}` };
  } catch {
    return estimateRanks();
  }
}

const PART = 65536;

function estimateRanks(): RankCosts {
  const [from, to] = [new Float32Array(PART).fill(1), new Float32Array(PART)];
  const copy = fastest(() => to.set(from));
  const add = fastest(() => {
    for (let i = 0; i < PART; i++) to[i] = (to[i] as number) + (from[i] as number);
  });
  return {
    source: 'copies of memory, as mpiexec starts no ranks here',
    memory: { latency: 5e-6, secondsPerByte: copy / (4 * PART) },
    perMessage: 5e-6,
    addPerFloat: add / PART,
  };
}

function fastest(work: () => void): number {
  const times = Array.from({ length: 100 }, () => {
    const started = performance.now();
    work();
    return (performance.now() - started) / 1000;
  });
  return Math.min(...times);
}
