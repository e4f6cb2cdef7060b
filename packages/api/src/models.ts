import { finite, int } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { bodyProblems, type Endpoint } from './endpoint.ts';
import { aliasName, digestName, EXAMPLE_DIGEST, modelName, modelReference } from './names.ts';

const metrics = v.pipe(v.record(v.string(), finite), v.description('Scores on held-out data.'));
const aliases = v.pipe(v.record(v.string(), digestName), v.description('The digest of each alias.'));
const nameParam = v.object({ model: modelName });

export const version = v.pipe(
  v.object({
    digest: digestName,
    bytes: int,
    task: v.string(),
    metrics,
    createdAt: v.pipe(v.string(), v.description('When the model was trained.')),
    publishedAt: v.string(),
  }),
  v.metadata({ id: 'Version' }),
);
export type Version = v.InferOutput<typeof version>;

const modelSummary = v.pipe(
  v.object({ name: v.string(), task: v.string(), digest: digestName, aliases, builtIn: v.boolean() }),
  v.metadata({ id: 'ModelSummary' }),
);

export const modelDetails = v.pipe(
  v.object({
    name: v.string(),
    digest: digestName,
    task: v.string(),
    createdAt: v.string(),
    labels: v.pipe(v.array(v.string()), v.description('The classes of a classifier or tagger.')),
    metrics,
    weights: v.object({ parameters: int, bytes: int, dtype: v.picklist(['int8', 'float32']) }),
    everyStep: v.pipe(v.boolean(), v.description('Whether the model can answer after every step, and so keep a state.')),
    input: v.pipe(v.record(v.string(), v.unknown()), v.description('JSON Schema of one input of predict.')),
    example: v.pipe(v.unknown(), v.description('An input that the model can read.')),
    spec: v.pipe(v.record(v.string(), v.unknown()), v.description('Input, layers and task of the network.')),
  }),
  v.metadata({ id: 'Model' }),
);
export type ModelDetails = v.InferOutput<typeof modelDetails>;

const versions = v.pipe(v.object({ name: v.string(), versions: v.array(version), aliases }), v.metadata({ id: 'Versions' }));
const aliasMoved = v.pipe(v.object({ name: v.string(), alias: v.string(), digest: digestName }), v.metadata({ id: 'AliasMoved' }));

export const listModels = {
  method: 'get',
  path: '/v1/models',
  tag: 'models',
  summary: 'List the models',
  scope: 'read',
  answer: { status: 200, description: 'The models, by name.', schema: v.object({ models: v.array(modelSummary) }) },
  problems: [],
} as const satisfies Endpoint;

export const describeModel = {
  method: 'get',
  path: '/v1/models/{model}',
  tag: 'models',
  summary: 'Describe a model: task, labels, scores, layers',
  description: 'Named by digest, the answer never changes and may be cached forever. Otherwise revalidate it with If-None-Match.',
  scope: 'read',
  params: v.object({ model: modelReference }),
  answer: { status: 200, description: 'The model.', schema: modelDetails },
  also: { status: 304, description: 'The client has the current description.', body: false },
  problems: ['model-not-found', 'invalid', 'timed-out'],
} as const satisfies Endpoint;

export const listVersions = {
  method: 'get',
  path: '/v1/models/{model}/versions',
  tag: 'models',
  summary: 'List the versions and aliases of a model',
  scope: 'read',
  params: nameParam,
  answer: { status: 200, description: 'The versions, the newest first.', schema: versions },
  problems: ['model-not-found', 'invalid'],
} as const satisfies Endpoint;

export const publishVersion = {
  method: 'put',
  path: '/v1/models/{model}/versions',
  tag: 'admin',
  summary: 'Upload a model file as a version',
  description:
    'The body is a .safetensors file that training wrote. Its digest, its spec and a trial prediction are checked before the version is ' +
    'visible. Then `latest` points to it. Uploading the same file again changes nothing.',
  scope: 'admin',
  params: nameParam,
  body: 'application/octet-stream',
  idempotent: true,
  answer: {
    status: 201,
    description: 'The version.',
    schema: v.pipe(v.object({ name: v.string(), version, aliases, created: v.boolean() }), v.metadata({ id: 'Published' })),
  },
  also: { status: 200, description: 'The version already existed.', body: true },
  problems: [
    'cut-off',
    'body-too-large',
    'unsupported-media-type',
    'model-file-refused',
    'over-budget',
    'conflict',
    'not-configured',
    'invalid',
  ],
} as const satisfies Endpoint;

export const moveAlias = {
  method: 'post',
  path: '/v1/models/{model}/aliases',
  tag: 'admin',
  summary: 'Point an alias to a version',
  scope: 'admin',
  params: nameParam,
  body: v.pipe(
    v.strictObject({ alias: aliasName, digest: digestName }),
    v.examples([{ alias: 'stable', digest: EXAMPLE_DIGEST }]),
    v.metadata({ id: 'MoveAlias' }),
  ),
  idempotent: true,
  answer: { status: 200, description: 'Where it points.', schema: aliasMoved },
  problems: [...bodyProblems, 'model-not-found', 'conflict', 'not-configured'],
} as const satisfies Endpoint;

export const rollBackAlias = {
  method: 'post',
  path: '/v1/models/{model}/aliases/{alias}/rollback',
  tag: 'admin',
  summary: 'Point an alias to its previous version',
  scope: 'admin',
  params: v.object({ model: modelName, alias: aliasName }),
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
  params: v.object({ model: modelName, digest: v.pipe(digestName, v.examples([EXAMPLE_DIGEST])) }),
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
