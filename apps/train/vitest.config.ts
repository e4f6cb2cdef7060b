import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: { testTimeout: 120_000, hookTimeout: 120_000, exclude: [...configDefaults.exclude, '**/*.slow.test.ts', '**/*.mpi.test.ts'] },
});
