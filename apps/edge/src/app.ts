import { endpoints } from '@unroll/api/endpoints.ts';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import { Hono } from 'hono/tiny';
import { type App, type AppEnvironment, refuseOtherMethods } from './http/implement.ts';
import { asProblem, ProblemError, problemResponse } from './http/problem.ts';
import { followRequests } from './http/request-log.ts';
import { settingsOf } from './http/settings.ts';
import { registerAdmin } from './routes/admin.ts';
import { registerAssets } from './routes/assets.ts';
import { registerGenerate } from './routes/generate.ts';
import { registerModels } from './routes/models.ts';
import { registerOperation } from './routes/operation.ts';
import { registerPredict } from './routes/predict.ts';
import { registerSession } from './routes/session.ts';
import type { Services } from './services.ts';

const self = ["'self'"];
const none = ["'none'"];
const page = { defaultSrc: none, scriptSrc: self, connectSrc: self, baseUri: none, formAction: none, frameAncestors: none };
const forPages = secureHeaders({ contentSecurityPolicy: { ...page, styleSrc: self, imgSrc: self } });
/** Swagger UI sets style attributes and draws from data: images. */
const forDocs = secureHeaders({ contentSecurityPolicy: { ...page, styleSrc: [...self, "'unsafe-inline'"], imgSrc: [...self, 'data:'] } });

/** Nothing of the API is a page: what keeps browsers from taking it for one. */
const apiHeaders: readonly (readonly [string, string])[] = [
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['strict-transport-security', 'max-age=15552000; includeSubDomains'],
  ['x-content-type-options', 'nosniff'],
];
const forApi: typeof forPages = async (c, next) => {
  await next();
  for (const [name, value] of apiHeaders) c.res.headers.set(name, value);
};

const allowListed = cors({
  origin: (origin, c) => (settingsOf(c.env).CORS_ORIGINS.includes(origin) ? origin : undefined),
  allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-none-match'],
  allowMethods: ['GET', 'POST', 'PUT', 'DELETE'],
  exposeHeaders: ['etag', 'retry-after', 'server-timing', 'x-request-id'],
  maxAge: 3600,
});
/** Requests that no page of another origin makes are left alone. */
const allowOrigins: typeof allowListed = (c, next) => (c.req.header('origin') === undefined ? next() : allowListed(c, next));

/** The edge API as a Hono app. Every error it answers is application/problem+json. */
export function createApp(services: Services): App {
  const app: App = new Hono<AppEnvironment>();
  app.use(followRequests(services.telemetry));
  app.use((c, next) => (c.req.path.startsWith('/v1/') ? forApi : c.req.path.startsWith('/docs') ? forDocs : forPages)(c, next));
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
    problemResponse(new ProblemError('not-found', 'There is nothing here. GET /openapi.json lists what there is.'), c.get('requestId')),
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
