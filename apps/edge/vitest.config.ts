import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { describeKey } from './scripts/new-key.ts';
import { ADMIN_KEY, EXPIRED_KEY, PREDICT_KEY } from './src/testing/keys.ts';

const keys = [
  describeKey(ADMIN_KEY, { id: 'test-admin', scopes: ['admin'] }),
  describeKey(PREDICT_KEY, { id: 'test-predict', scopes: ['predict'] }),
  describeKey(EXPIRED_KEY, { id: 'test-expired', scopes: ['admin', 'predict'], expires: '2026-01-01T00:00:00.000Z' }),
];

export default defineConfig({
  test: {
    // The Worker logs a line a request.
    silent: 'passed-only',
    projects: [
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.jsonc', environment: 'test' },
            // No network: no current request.cf.
            miniflare: {
              cf: false,
              ratelimits: {
                TEST_LIMIT: { namespace_id: '1', simple: { limit: 5, period: 60 } },
                KEY_LIMIT: { namespace_id: '2', simple: { limit: 300, period: 60 } },
              },
              bindings: { API_KEYS: JSON.stringify(keys), STATE_SECRET: 'a secret of the tests, another of the tests' },
            },
          }),
        ],
        define: { 'process.versions.node': 'undefined' },
        test: { name: 'workerd', include: ['src/**/*.test.ts'], exclude: ['src/self-hosted/**'], testTimeout: 30_000 },
      },
      {
        // What replaces Cloudflare's services, beside a real R2 bucket.
        plugins: [
          cloudflareTest({
            main: './src/self-hosted/worker.ts',
            wrangler: { configPath: './wrangler.jsonc', environment: 'test' },
            miniflare: { cf: false, durableObjects: { BUCKET: { className: 'StoredBucket', useSQLite: true } } },
          }),
        ],
        define: { 'process.versions.node': 'undefined' },
        test: { name: 'self-hosted', include: ['src/self-hosted/**/*.test.ts'], testTimeout: 30_000 },
      },
      {
        // The bundle that would be deployed, in a workerd of its own. Needs: npm run build.
        test: {
          name: 'bundle',
          include: ['test/*.test.ts'],
          exclude: ['test/*.slow.test.ts'],
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
      {
        // npm run test:slow
        test: { name: 'slow', include: ['test/*.slow.test.ts'], testTimeout: 600_000, hookTimeout: 90_000 },
      },
      {
        // The page in a real browser: npm run test:browser. Needs Chromium (Debian: apt-get install chromium).
        test: {
          name: 'browser',
          include: ['test/browser/*.test.ts'],
          globalSetup: 'test/browser/site.ts',
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
    ],
  },
});
