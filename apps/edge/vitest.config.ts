import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.jsonc' },
            // No network: no current request.cf. Models come from a bucket, as in production.
            miniflare: { cf: false, r2Buckets: ['MODELS'] },
          }),
        ],
        define: { 'process.versions.node': 'undefined' },
        test: { name: 'workerd', include: ['src/**/*.test.ts'], testTimeout: 30_000 },
      },
      {
        // The bundle that would be deployed, in a workerd of its own. Needs: npm run build.
        test: { name: 'bundle', include: ['test/*.test.ts'], testTimeout: 90_000, hookTimeout: 90_000 },
      },
      {
        // The page in a real browser: npm run test:browser. Needs Chromium (Debian: apt-get install chromium).
        test: { name: 'browser', include: ['test/browser/*.test.ts'], testTimeout: 90_000, hookTimeout: 90_000 },
      },
    ],
  },
});
