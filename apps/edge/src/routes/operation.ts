import { endpoints } from '@unroll/api/endpoints.ts';
import { type App, implement } from '../http/implement.ts';
import { ProblemError } from '../http/problem.ts';
import type { Services } from '../services.ts';

/** GET /healthz, /readyz and /metrics */
export function registerOperation(app: App, { host, catalogOf, telemetry }: Services): void {
  implement(app, endpoints.health, () => ({ status: 'ok' }) as const);

  implement(app, endpoints.ready, async ({ c }) => {
    try {
      await Promise.all([host.start(), catalogOf(c.env).list()]);
    } catch (error) {
      console.error(JSON.stringify({ requestId: c.get('requestId'), error: (error as Error).message }));
      throw new ProblemError('not-ready', 'The kernels or the model store do not answer. Look up the request id in the logs.');
    }
    return { status: 'ready' } as const;
  });

  implement(app, endpoints.metrics, ({ c }) => c.text(telemetry.prometheus(), 200, { 'content-type': 'text/plain; version=0.0.4' }));
}
