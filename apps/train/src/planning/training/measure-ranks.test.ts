import { afterEach, expect, test, vi } from 'vitest';
import { measureRanks } from './measure-ranks.ts';

afterEach(() => vi.unstubAllEnvs());

test('without MPI, messages cost what copies of memory do', async () => {
  vi.stubEnv('PATH', '/nowhere');
  const { source, memory, addPerFloat } = await measureRanks();
  expect(source).toBe('copies of memory, as mpiexec starts no ranks here');
  for (const value of [memory.latency, memory.secondsPerByte, addPerFloat]) expect(value).toBeGreaterThan(0);
});
