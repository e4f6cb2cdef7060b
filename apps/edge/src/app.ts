import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { createModelHost } from './model-host.ts';
import type { ModelStore } from './model-store.ts';
import { ProblemError, problem } from './problem.ts';
import { registerDocs } from './routes/docs.ts';
import { registerHealth } from './routes/health.ts';
import { registerModels } from './routes/models.ts';
import { registerPage } from './routes/page.ts';
import { registerPredict } from './routes/predict.ts';

export interface Bindings {
  ASSETS: Fetcher;
  /** Models come from this bucket when it is bound, else from the assets. */
  MODELS?: R2Bucket;
}

export type App = OpenAPIHono<{ Bindings: Bindings }>;

export interface AppDependencies {
  /** Starts the tensor backend; called before the first model is loaded. */
  startBackend: () => Promise<void>;
  storeOf: (bindings: Bindings) => ModelStore;
}

/** The largest request body: 64 texts of 4,000 characters, each up to four bytes, fit. */
const MAX_BODY_BYTES = 1_100_000;

/** The edge API as a Hono app. Every error it answers is application/problem+json. */
export function createApp({ startBackend, storeOf }: AppDependencies): App {
  const host = createModelHost(startBackend);
  const app: App = new OpenAPIHono<{ Bindings: Bindings }>({
    defaultHook(result, c) {
      if (result.success) return undefined;
      const errors = result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
      return problem(c, 422, 'The request does not fit the schema at /openapi.json.', errors);
    },
  });

  app.use(requestId());
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        // Swagger UI, on /docs, sets style attributes and draws from data: images.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        frameAncestors: ["'none'"],
      },
    }),
  );
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (c) => problem(c, 413, `The body is over ${MAX_BODY_BYTES} bytes. Send fewer or shorter inputs.`),
    }),
  );

  registerHealth(app);
  registerModels(app, host, storeOf);
  registerPredict(app, host, storeOf);
  registerDocs(app);
  registerPage(app);

  app.notFound((c) => problem(c, 404, `There is no ${c.req.method} ${c.req.path}. GET /openapi.json lists what there is.`));
  app.onError((error, c) => {
    if (error instanceof ProblemError) return problem(c, error.status, error.message);
    if (error instanceof HTTPException) return problem(c, error.status as 400, error.message);
    console.error(JSON.stringify({ requestId: c.get('requestId'), error: error.message, stack: error.stack }));
    return problem(c, 500, 'Something failed here. The request id finds it in the logs.');
  });
  return app;
}
