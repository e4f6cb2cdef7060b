import { jsonSchemaOf } from '@unroll/api/json-schema.ts';
import { describeModel, listModels, listVersions, type ModelDetails } from '@unroll/api/models.ts';
import { onlyTaskOf } from '@unroll/model/tasks/registry.ts';
import { type App, type AppContext, implement } from '../http/implement.ts';
import type { HostedModel } from '../models/model-host.ts';
import { aliasesOf, resolve } from '../models/model-index.ts';
import { type Services, useModel } from '../services.ts';

/** GET /v1/models, /v1/models/{model} and /v1/models/{model}/versions */
export function registerModels(app: App, services: Services): void {
  implement(app, listModels, async ({ c }) => {
    const models = (await services.catalogOf(c.env).list()).flatMap(({ index, builtIn }) => {
      const version = resolve(index, undefined);
      return version ? [{ name: index.name, task: version.task, digest: version.digest, aliases: aliasesOf(index), builtIn }] : [];
    });
    return { models };
  });

  implement(app, describeModel, ({ c, params }) => {
    return useModel(services, c, params.model, (model, { name }) => {
      const forGood = params.model.endsWith(`@${model.digest}`);
      return cached(c, describe(name, model), model.digest, forGood);
    });
  });

  implement(app, listVersions, async ({ c, params }) => {
    const index = await services.catalogOf(c.env).index(params.model);
    return { name: index.name, versions: index.versions, aliases: aliasesOf(index) };
  });
}

function describe(name: string, { digest, about, weights, predictor }: HostedModel): ModelDetails {
  const { spec } = predictor.model;
  const task = onlyTaskOf(spec);
  return {
    name,
    digest,
    task: task.type,
    createdAt: about.createdAt,
    labels: 'labels' in task ? task.labels : [],
    metrics: about.metrics,
    weights,
    everyStep: predictor.everyStep,
    input: jsonSchemaOf(predictor.reader.schema, 'input'),
    example: predictor.reader.example,
    spec: { ...spec },
  };
}

/** An answer with the digest as its entity tag, or 304 if the client has it. An answer to a request with a key may be cached only privately. */
function cached(c: AppContext, body: ModelDetails, digest: string, forGood: boolean): Response {
  const etag = `"${digest}"`;
  c.header('etag', etag);
  c.header('vary', 'origin', { append: true });
  c.header('cache-control', `${c.get('key') ? 'private' : 'public'}, ${forGood ? 'max-age=31536000, immutable' : 'no-cache'}`);
  const asked = c.req
    .header('if-none-match')
    ?.split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''));
  return asked?.some((tag) => tag === etag || tag === '*') ? c.body(null, 304) : c.json(body, 200);
}
