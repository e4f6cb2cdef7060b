import { defineConfig } from 'vitest/config';

// A second attempt for the reason in apps/train/vitest.mpi.config.ts.
export default defineConfig({ test: { retry: 1, testTimeout: 120_000, fileParallelism: false, include: ['src/**/*.mpi.test.ts'] } });
