import type { App } from '../app.ts';
import { problem } from '../problem.ts';

/** Static files that the Worker hands out: the playground and the API docs' scripts. Model files are not among them. */
const files = [
  '/',
  '/playground.js',
  '/playground.css',
  '/favicon.svg',
  '/docs/swagger-ui.css',
  '/docs/swagger-ui-bundle.js',
  '/docs/docs.js',
];

export function registerPage(app: App): void {
  for (const path of files) {
    app.get(path, async (c) => {
      const asset = await c.env.ASSETS.fetch(new Request(new URL(path, c.req.url), { headers: c.req.raw.headers }));
      if (asset.status === 404) return problem(c, 404, `${path} is not built; run: npm run build`);
      // A fresh response: headers of a fetched one cannot be added to.
      return new Response(asset.body, asset);
    });
  }
}
