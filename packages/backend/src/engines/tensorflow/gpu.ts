import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Gpu {
  name: string;
  /** Of NVIDIA's driver, such as 550.54.15. */
  driver: string;
}

/** The oldest driver that runs CUDA 12. Source: NVIDIA's CUDA compatibility guide, minor version compatibility. */
export const OLDEST_DRIVER = 525;

export const driverRuns = ({ driver }: Gpu): boolean => Number.parseInt(driver, 10) >= OLDEST_DRIVER;

/**
 * The GPU that TensorFlow will use, as nvidia-smi or, where that is missing, the kernel reports it. Undefined if there is none or
 * CUDA_VISIBLE_DEVICES hides all.
 */
export function findGpu(env: NodeJS.ProcessEnv, kernel = '/proc/driver/nvidia'): Gpu | undefined {
  const visible = env.CUDA_VISIBLE_DEVICES?.trim();
  if (visible === '' || visible === '-1') return undefined;
  const query = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
  const { status, stdout, error } = spawnSync('nvidia-smi', query, { encoding: 'utf8', timeout: 20_000, env });
  if (error) return gpuOfKernel(kernel);
  return status === 0 ? firstGpu(stdout) : undefined;
}

/** The first line of nvidia-smi's list 'name, driver'. */
export function firstGpu(list: string): Gpu | undefined {
  const { name, driver } = /^(?<name>.+), (?<driver>[\d.]+)\s*$/m.exec(list)?.groups ?? {};
  return name && driver ? { name, driver } : undefined;
}

/** What NVIDIA's kernel module writes: `version`, and `gpus/<bus>/information` for each GPU. */
function gpuOfKernel(folder: string): Gpu | undefined {
  if (!existsSync(join(folder, 'version')) || !existsSync(join(folder, 'gpus'))) return undefined;
  const [, driver] = / (\d+\.[\d.]+) /.exec(readFileSync(join(folder, 'version'), 'utf8')) ?? [];
  const [bus] = readdirSync(join(folder, 'gpus')).sort();
  if (driver === undefined || bus === undefined) return undefined;
  const [, name = 'a GPU of NVIDIA'] = /^Model:\s*(.+?)\s*$/m.exec(readFileSync(join(folder, 'gpus', bus, 'information'), 'utf8')) ?? [];
  return { name, driver };
}
