import { createRoute, z } from '@hono/zod-openapi';
import type { App, AppDependencies } from '../app.ts';
import type { HostedModel, ModelHost } from '../model-host.ts';
import { ProblemError, problemSchema } from '../problem.ts';

export const modelName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'a model name: lower-case letters, digits, . _ -')
  .openapi({ param: { name: 'name', in: 'path' }, example: 'sentiment' });

export const problemAnswer = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema.openapi('Problem') } },
});

const modelSchema = z
  .object({
    name: z.string(),
    digest: z.string().openapi({ description: 'SHA-256 of the model file.' }),
    createdAt: z.string(),
    labels: z.array(z.string()),
    metrics: z.record(z.string(), z.number()).openapi({ description: 'Scores on held-out data.' }),
    weights: z.object({ parameters: z.int(), bytes: z.int(), dtype: z.enum(['int8', 'float32']) }),
    everyStep: z.boolean().openapi({ description: 'Whether predict can answer after every word.' }),
    spec: z.record(z.string(), z.unknown()).openapi({ description: 'Input, layers and task of the network.' }),
  })
  .openapi('Model');

const listRoute = createRoute({
  method: 'get',
  path: '/v1/models',
  summary: 'Names of the models served',
  responses: {
    200: {
      description: 'The models.',
      content: { 'application/json': { schema: z.object({ models: z.array(z.object({ name: z.string() })) }) } },
    },
  },
});

const describeRoute = createRoute({
  method: 'get',
  path: '/v1/models/{name}',
  summary: 'One model: labels, scores, layers',
  request: { params: z.object({ name: modelName }) },
  responses: {
    200: { description: 'The model.', content: { 'application/json': { schema: modelSchema } } },
    404: problemAnswer('No model of that name.'),
    422: problemAnswer('Not a model name.'),
  },
});

/** GET /v1/models and /v1/models/{name}. */
export function registerModels(app: App, host: ModelHost, storeOf: AppDependencies['storeOf']): void {
  app.openapi(listRoute, async (c) => {
    const names = await storeOf(c.env).list();
    return c.json({ models: names.map((name) => ({ name })) }, 200);
  });

  app.openapi(describeRoute, async (c) => {
    const { name } = c.req.valid('param');
    const { digest, createdAt, labels, metrics, weights, predictor } = await hostedModel(host, storeOf(c.env), name);
    const { spec, causal } = predictor.model;
    return c.json({ name, digest, createdAt, labels: [...labels], metrics, weights, everyStep: causal, spec: { ...spec } }, 200);
  });
}

/** The model, or the problem that there is none. */
export async function hostedModel(host: ModelHost, store: ReturnType<AppDependencies['storeOf']>, name: string): Promise<HostedModel> {
  const model = await host.get(store, name);
  if (!model) throw new ProblemError(404, `There is no model '${name}'. GET /v1/models lists those there are.`);
  return model;
}
