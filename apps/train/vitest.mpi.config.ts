import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { testTimeout: 600_000, hookTimeout: 300_000, fileParallelism: false, include: ['src/**/*.mpi.test.ts'] },
});
