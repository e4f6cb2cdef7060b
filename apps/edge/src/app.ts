import { endpoints } from '@unroll/api/endpoints.ts';
import { cors } from 'hono/cors';
import { Hono } from 'hono/tiny';
import { type App, type AppEnvironment, refuseOtherMethods } from './http/implement.ts';
import { asProblem, ProblemError, problemResponse } from './http/problem.ts';
import { followRequests } from './http/request-log.ts';
import { securityHeaders } from './http/security-headers.ts';
import { settingsOf } from './http/settings.ts';
import { registerAdmin } from './routes/admin.ts';
import { registerAssets } from './routes/assets.ts';
import { registerGenerate } from './routes/generate.ts';
import { registerModels } from './routes/models.ts';
import { registerOperation } from './routes/operation.ts';
import { registerPredict } from './routes/predict.ts';
import { registerSession } from './routes/session.ts';
import type { Services } from './services.ts';

const allowListed = cors({
  origin: (origin, c) => (settingsOf(c.env).CORS_ORIGINS.includes(origin) ? origin : undefined),
  allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-none-match'],
  allowMethods: ['GET', 'POST', 'PUT', 'DELETE'],
  exposeHeaders: ['etag', 'retry-after', 'server-timing', 'x-request-id'],
  maxAge: 3600,
});
/** Only requests with an Origin header need CORS. */
const allowOrigins: typeof allowListed = (c, next) => (c.req.header('origin') === undefined ? next() : allowListed(c, next));

/** The edge API as a Hono app. Every error it answers is application/problem+json. */
export function createApp(services: Services): App {
  const app: App = new Hono<AppEnvironment>();
  app.use(followRequests(services.telemetry));
  app.use(securityHeaders);
  app.use('/v1/models/*', allowOrigins);

  registerOperation(app, services);
  registerModels(app, services);
  registerPredict(app, services);
  registerGenerate(app, services);
  registerSession(app, services);
  registerAdmin(app, services);
  refuseOtherMethods(app, Object.values(endpoints));
  registerAssets(app);

  app.notFound((c) =>
    problemResponse(new ProblemError('not-found', 'Nothing is at this path. GET /openapi.json lists all paths.'), c.get('requestId')),
  );
  app.onError((error, c) => {
    const problem = asProblem(error);
    if (problem.problem === 'failed') {
      console.error(JSON.stringify({ requestId: c.get('requestId'), route: c.get('route'), error: error.message, stack: error.stack }));
    }
    return problemResponse(problem, c.get('requestId'));
  });
  return app;
}
