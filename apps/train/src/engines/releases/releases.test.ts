import { expect, test } from 'vitest';
import { tensorflowReleases } from './tensorflow.ts';

test.each(Object.entries(tensorflowReleases))('the release for the %s is pinned throughout', (device, release) => {
  expect(release.device).toBe(device);
  for (const { name, integrity } of [release.binding, ...release.dependencies, release.headers]) {
    expect(integrity, name).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
  }
  for (const { project, file, sha256, bytes, unpackedBytes } of release.wheels) {
    expect(file).toMatch(new RegExp(`^${project.replaceAll('-', '_')}-[\\d.]+-.*manylinux.*x86_64\\.whl$`));
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(unpackedBytes / bytes, project).toBeGreaterThan(0.2);
  }
  const digests = release.wheels.map(({ sha256 }) => sha256);
  expect(new Set(digests).size).toBe(digests.length);
});

test('the members are the libraries, the headers and the tools, and no Python', () => {
  const [tensorflow, cublas] = tensorflowReleases.gpu.wheels;
  const kept = (path: string) => [tensorflow, cublas].some((wheel) => wheel?.members.test(path));
  for (const path of [
    'tensorflow/libtensorflow_cc.so.2',
    'tensorflow/include/tensorflow/c/c_api.h',
    'tensorflow/include/xla/tsl/c/tsl_status.h',
    'nvidia/cublas/lib/libcublasLt.so.12',
    'nvidia/cuda_nvrtc/lib/libnvrtc-builtins.alt.so.12.9',
    'nvidia/cuda_nvcc/bin/ptxas',
    'nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc',
    'nvidia_cublas_cu12-12.9.3.13.dist-info/licenses/License.txt',
  ])
    expect(kept(path), path).toBe(true);
  for (const path of [
    'tensorflow/python/_pywrap.so',
    'tensorflow/__init__.py',
    'nvidia/cublas/include/cublas.h',
    'nvidia/cuda_runtime/lib/libcudart_static.a',
    'tensorflow/../../x',
  ])
    expect(kept(path), path).toBe(false);
});
