import { defineConfig } from 'vitest/config';

// In one of ten runs of all these tests a job hung, with the cause unknown. Until it is found, a test gets a second attempt.
export default defineConfig({
  test: { retry: 1, testTimeout: 600_000, hookTimeout: 300_000, fileParallelism: false, include: ['src/**/*.mpi.test.ts'] },
});
