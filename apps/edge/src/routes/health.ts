import type { App } from '../app.ts';

/** GET /healthz: the Worker runs. */
export function registerHealth(app: App): void {
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
}
