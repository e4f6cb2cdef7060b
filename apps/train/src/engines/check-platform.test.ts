import { expect, test } from 'vitest';
import { checkPlatform, type Machine, thisMachine } from './check-platform.ts';

const good: Machine = { platform: 'linux', arch: 'x64', glibc: '2.36', cpuFlags: ' fpu sse2 avx avx2' };

test('Linux x64 with glibc 2.27 and AVX is enough', () => {
  for (const machine of [good, { ...good, glibc: '2.27' }, { ...good, glibc: '3.0' }, { ...good, cpuFlags: undefined }])
    checkPlatform(machine);
});

test.each([
  [{ platform: 'darwin', arch: 'arm64' }, 'runs on Linux x64, and this is darwin arm64'],
  [{ arch: 'arm64' }, 'runs on Linux x64, and this is linux arm64'],
  [{ platform: 'win32' }, 'and this is win32 x64'],
  [{ glibc: undefined }, 'needs the GNU C library'],
  [{ glibc: '2.17' }, 'needs glibc 2.27 or newer, and this system has 2.17'],
  [{ cpuFlags: ' fpu sse2 avx2_like' }, 'needs a CPU with AVX'],
])('%o is refused with the reason', (change, reason) => {
  expect(() => checkPlatform({ ...good, ...change })).toThrow(reason);
});

test('this machine is described', () => {
  expect(thisMachine()).toMatchObject({ platform: process.platform, arch: process.arch });
  if (process.platform === 'linux') expect(thisMachine().cpuFlags ?? 'fpu').toMatch(/\w/);
});
