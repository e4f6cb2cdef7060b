import * as z from 'zod';
import { bodyProblems, type Endpoint } from './endpoint.ts';
import { aliasName, digestName, modelName, modelReference } from './names.ts';

const metrics = z.record(z.string(), z.number()).meta({ description: 'Scores on held-out data.' });
const aliases = z.record(z.string(), digestName).meta({ description: 'The digest each alias stands for.' });
const nameParam = z.object({ model: modelName });

export const version = z
  .object({
    digest: digestName,
    bytes: z.int(),
    task: z.string(),
    metrics,
    createdAt: z.string().meta({ description: 'When it was trained.' }),
    publishedAt: z.string(),
  })
  .meta({ id: 'Version' });
export type Version = z.infer<typeof version>;

const modelSummary = z
  .object({ name: z.string(), task: z.string(), digest: digestName, aliases, builtIn: z.boolean() })
  .meta({ id: 'ModelSummary' });

export const modelDetails = z
  .object({
    name: z.string(),
    digest: digestName,
    task: z.string(),
    createdAt: z.string(),
    labels: z.array(z.string()).meta({ description: 'The classes of a classifier or tagger.' }),
    metrics,
    weights: z.object({ parameters: z.int(), bytes: z.int(), dtype: z.enum(['int8', 'float32']) }),
    everyStep: z.boolean().meta({ description: 'Whether it can answer after every step, and so keep a state.' }),
    input: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of one input of predict.' }),
    example: z.unknown().meta({ description: 'An input that it can read.' }),
    spec: z.record(z.string(), z.unknown()).meta({ description: 'Input, layers and task of the network.' }),
  })
  .meta({ id: 'Model' });
export type ModelDetails = z.infer<typeof modelDetails>;

const versions = z.object({ name: z.string(), versions: z.array(version), aliases }).meta({ id: 'Versions' });
const aliasMoved = z.object({ name: z.string(), alias: z.string(), digest: digestName }).meta({ id: 'AliasMoved' });

export const listModels = {
  method: 'get',
  path: '/v1/models',
  tag: 'models',
  summary: 'The models served',
  scope: 'predict',
  answer: { status: 200, description: 'The models, by name.', schema: z.object({ models: z.array(modelSummary) }) },
  problems: [],
} as const satisfies Endpoint;

export const describeModel = {
  method: 'get',
  path: '/v1/models/{model}',
  tag: 'models',
  summary: 'One model: task, labels, scores, layers',
  description: 'By digest the answer never changes and may be cached for good; else ask again with If-None-Match.',
  scope: 'predict',
  params: z.object({ model: modelReference }),
  answer: { status: 200, description: 'The model.', schema: modelDetails },
  also: { status: 304, description: 'As the client has it.', body: false },
  problems: ['model-not-found', 'invalid', 'timed-out'],
} as const satisfies Endpoint;

export const listVersions = {
  method: 'get',
  path: '/v1/models/{model}/versions',
  tag: 'models',
  summary: 'Versions and aliases of a model',
  scope: 'predict',
  params: nameParam,
  answer: { status: 200, description: 'The newest first.', schema: versions },
  problems: ['model-not-found', 'invalid'],
} as const satisfies Endpoint;

export const publishVersion = {
  method: 'put',
  path: '/v1/models/{model}/versions',
  tag: 'admin',
  summary: 'Upload a model file as a version',
  description:
    'The body is a .safetensors file that training wrote. Its digest, its spec and a trial prediction are checked before anything is ' +
    'visible; then `latest` points to it. The same file again changes nothing.',
  scope: 'admin',
  params: nameParam,
  body: 'application/octet-stream',
  idempotent: true,
  answer: {
    status: 201,
    description: 'The version.',
    schema: z.object({ name: z.string(), version, aliases, created: z.boolean() }).meta({ id: 'Published' }),
  },
  also: { status: 200, description: 'The version, which was there already.', body: true },
  problems: ['cut-off', 'body-too-large', 'model-file-refused', 'over-budget', 'conflict', 'not-configured', 'invalid'],
} as const satisfies Endpoint;

export const moveAlias = {
  method: 'post',
  path: '/v1/models/{model}/aliases',
  tag: 'admin',
  summary: 'Point an alias to a version',
  scope: 'admin',
  params: nameParam,
  body: z.strictObject({ alias: aliasName, digest: digestName }).meta({ id: 'MoveAlias' }),
  idempotent: true,
  answer: { status: 200, description: 'Where it points.', schema: aliasMoved },
  problems: [...bodyProblems, 'model-not-found', 'conflict', 'not-configured'],
} as const satisfies Endpoint;

export const rollBackAlias = {
  method: 'post',
  path: '/v1/models/{model}/aliases/{alias}/rollback',
  tag: 'admin',
  summary: 'Point an alias to where it pointed before',
  scope: 'admin',
  params: z.object({ model: modelName, alias: aliasName }),
  idempotent: true,
  answer: { status: 200, description: 'Where it points.', schema: aliasMoved },
  problems: ['model-not-found', 'nothing-to-roll-back', 'conflict', 'not-configured', 'invalid'],
} as const satisfies Endpoint;

export const deleteVersion = {
  method: 'delete',
  path: '/v1/models/{model}/versions/{digest}',
  tag: 'admin',
  summary: 'Delete a version that no alias points to',
  scope: 'admin',
  params: z.object({ model: modelName, digest: digestName }),
  idempotent: true,
  answer: { status: 204, description: 'It is gone.' },
  problems: ['model-not-found', 'version-in-use', 'conflict', 'not-configured', 'invalid'],
} as const satisfies Endpoint;

export const deleteModel = {
  method: 'delete',
  path: '/v1/models/{model}',
  tag: 'admin',
  summary: 'Delete a model with all its versions',
  scope: 'admin',
  params: nameParam,
  idempotent: true,
  answer: { status: 204, description: 'It is gone.' },
  problems: ['model-not-found', 'conflict', 'not-configured', 'invalid'],
} as const satisfies Endpoint;
