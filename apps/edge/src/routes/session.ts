import { session } from '@unroll/api/session.ts';
import { type App, type AppContext, implement } from '../http/implement.ts';
import { ANYONE } from '../http/keys.ts';
import { ProblemError } from '../http/problem.ts';
import type { Settings } from '../http/settings.ts';
import type { Services } from '../services.ts';

/** GET /v1/sessions/{id}: checks the request for a WebSocket and passes it to the session's Durable Object. */
export function registerSession(app: App, { catalogOf }: Services): void {
  implement(app, session, async ({ c, settings, params: { id }, query: { model, onVersionChange } }) => {
    if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') {
      throw new ProblemError('upgrade-required', 'A session is a WebSocket. Connect with a WebSocket client.', {
        headers: { upgrade: 'websocket' },
      });
    }
    checkOrigin(c, settings);
    if (!c.env.SESSIONS) throw new ProblemError('not-configured', 'This deployment has no sessions: bind SESSIONS.');
    const { name, version } = await catalogOf(c.env).find(model);
    c.set('model', version.digest);
    // A session belongs to the key that opened it.
    const stub = c.env.SESSIONS.get(c.env.SESSIONS.idFromName(`${c.get('key')?.id ?? ANYONE}:${id}`));
    const headers = new Headers(c.req.raw.headers);
    headers.set('x-unroll-model', `${name}@${version.digest}`);
    headers.set('x-unroll-on-version-change', onVersionChange);
    headers.set('x-request-id', c.get('requestId'));
    const { status, body, webSocket, headers: answered } = await stub.fetch(new Request(c.req.url, { headers }));
    // A fresh response: headers of a fetched one cannot be added to.
    return new Response(body, { status, webSocket, headers: new Headers(answered) });
  });
}

/** CORS does not apply to WebSockets, so the origin is checked here. */
function checkOrigin(c: AppContext, { CORS_ORIGINS }: Settings): void {
  const origin = c.req.header('origin');
  if (origin === undefined || origin === new URL(c.req.url).origin || CORS_ORIGINS.includes(origin)) return;
  throw new ProblemError('origin-refused', 'Pages of this origin may not open sessions: CORS_ORIGINS does not list it.');
}
