import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { driverRuns, findGpu } from './gpu.ts';

/** Without a PATH there is no nvidia-smi. */
const env = { PATH: '/nowhere' };

test("without nvidia-smi, the kernel module's files name the GPU", () => {
  const kernel = mkdtempSync(join(tmpdir(), 'unroll-gpu-'));
  expect(findGpu(env, join(kernel, 'absent'))).toBeUndefined();
  writeFileSync(
    join(kernel, 'version'),
    'NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.82.01  Mon Oct 18 20:13:40 UTC 2021\nGCC version:  gcc version 11.4.0 (Ubuntu)\n',
  );
  mkdirSync(join(kernel, 'gpus'));
  expect(findGpu(env, kernel)).toBeUndefined();
  mkdirSync(join(kernel, 'gpus/0000:01:00.0'));
  writeFileSync(join(kernel, 'gpus/0000:01:00.0/information'), 'Model: \t\t NVIDIA GeForce RTX 3090\nIRQ:   \t\t 84\n');
  const gpu = findGpu(env, kernel);
  expect(gpu).toEqual({ name: 'NVIDIA GeForce RTX 3090', driver: '470.82.01' });
  expect(gpu && driverRuns(gpu)).toBe(false);
  expect(driverRuns({ name: '', driver: '525.60.13' })).toBe(true);
  expect(findGpu({ ...env, CUDA_VISIBLE_DEVICES: '-1' }, kernel)).toBeUndefined();
});
