import type { App } from '../http/implement.ts';
import { methodNotAllowed, ProblemError } from '../http/problem.ts';

/** GET any other path: a static file of the page or of the API's docs. All static files are public. */
export function registerAssets(app: App): void {
  app.all('*', async (c) => {
    c.set('route', 'assets');
    const asset = await c.env.ASSETS.fetch(new Request(c.req.url, { headers: c.req.raw.headers }));
    if (asset.status === 404) throw new ProblemError('not-found', 'Nothing is at this path. GET /openapi.json lists all paths.');
    // Hono routes HEAD as GET.
    if (c.req.method !== 'GET') throw methodNotAllowed(['GET']);
    // A fresh response: headers of a fetched one cannot be added to.
    return new Response(asset.body, asset);
  });
}
