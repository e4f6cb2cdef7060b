import { spawnSync } from 'node:child_process';

export interface Gpu {
  name: string;
  /** Of NVIDIA's driver, such as 550.54.15. */
  driver: string;
}

/** The GPU that TensorFlow will use, as nvidia-smi reports it. Undefined if there is none or CUDA_VISIBLE_DEVICES hides all. */
export function findGpu(env: NodeJS.ProcessEnv): Gpu | undefined {
  const visible = env.CUDA_VISIBLE_DEVICES?.trim();
  if (visible === '' || visible === '-1') return undefined;
  const query = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
  const { status, stdout } = spawnSync('nvidia-smi', query, { encoding: 'utf8', timeout: 20_000, env });
  return status === 0 ? firstGpu(stdout) : undefined;
}

/** The first line of nvidia-smi's list 'name, driver'. */
export function firstGpu(list: string): Gpu | undefined {
  const { name, driver } = /^(?<name>.+), (?<driver>[\d.]+)\s*$/m.exec(list)?.groups ?? {};
  return name && driver ? { name, driver } : undefined;
}
