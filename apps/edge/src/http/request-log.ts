import type { MiddlewareHandler } from 'hono';
import type { AppEnvironment } from './implement.ts';
import type { Telemetry } from './telemetry.ts';

/** Gives each request an id (the client's if it sent one) and returns it in a header. Counts the request, and logs a failed request as a JSON line without its content. */
export function followRequests(telemetry: Telemetry): MiddlewareHandler<AppEnvironment> {
  return async (c, next) => {
    const sent = c.req.header('x-request-id');
    const requestId = sent !== undefined && /^[\w-]{8,64}$/.test(sent) ? sent : crypto.randomUUID();
    c.set('requestId', requestId);
    const started = Date.now();
    await next();
    const milliseconds = Date.now() - started;
    const { route = 'none', model, key } = c.var;
    c.res.headers.set('x-request-id', requestId);
    const { status } = c.res;
    const { method } = c.req;
    telemetry.request({ route, method, status, milliseconds, model, key: key?.id }, c.env);
    if (status >= 400) console.log(JSON.stringify({ requestId, method, route, status, milliseconds, model, key: key?.id }));
  };
}
