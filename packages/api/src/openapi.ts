import * as v from 'valibot';
import { commonProblems, type Endpoint, keyProblems, type ObjectSchema } from './endpoint.ts';
import { endpoints } from './endpoints.ts';
import { type Json, jsonSchemaOf } from './json-schema.ts';
import { type ProblemName, problemSchema, problems, problemType } from './problems.ts';
import { sessionAnswer, sessionRequest } from './session.ts';

/** The API's OpenAPI 3.1 document, whose schemas are JSON Schema 2020-12. */
export function openApiDocument(version: string): Json {
  const components: Json = {};
  const schemaOf = (schema: v.GenericSchema, io: 'input' | 'output') => hoist(jsonSchemaOf(schema, io), components) as Json;

  const paths: Record<string, Json> = {};
  for (const [id, endpoint] of Object.entries<Endpoint>(endpoints)) {
    const { method, path } = endpoint;
    paths[path] = { ...paths[path], [method]: operation(id, endpoint, schemaOf) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Unroll edge API',
      version,
      description:
        'Predictions of recurrent networks, quantized to int8 and run in a Worker. Errors are RFC 9457 problem details. Every answer has ' +
        'an `x-request-id`.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'predictions', description: 'Predictions, text and sessions' },
      { name: 'models', description: 'The models served' },
      { name: 'admin', description: 'Publishing. Disabled unless a key with the scope `admin` is configured.' },
      { name: 'operation', description: 'Health and metrics, for operators' },
    ],
    paths,
    components: {
      schemas: components,
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key. Required if the deployment requires keys.' } },
    },
  };
}

type SchemaOf = (schema: v.GenericSchema, io: 'input' | 'output') => Json;

function operation(id: string, endpoint: Endpoint, schemaOf: SchemaOf): Json {
  const { tag, summary, description, scope, params, query, body, idempotent, answer, also } = endpoint;
  const names = [
    ...endpoint.problems,
    ...commonProblems,
    ...(scope ? keyProblems : []),
    ...(scope === 'predict' || scope === 'admin' ? ['scope-missing' as const] : []),
    ...(scope === 'admin' ? ['admin-off' as const] : []),
  ];
  if (idempotent) names.push('idempotency-key-reused', 'in-progress');
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description && { description }),
    security: securityOf(scope),
    parameters: [...parameters(params, 'path', schemaOf), ...parameters(query, 'query', schemaOf), ...(idempotent ? [idempotencyKey] : [])],
    ...(body && { requestBody: { required: true, content: contentOf(body, schemaOf) } }),
    responses: {
      [answer.status]: {
        description: answer.description,
        ...answerContent(answer, schemaOf),
      },
      ...(also && { [also.status]: { description: also.description, ...(also.body && answerContent(answer, schemaOf)) } }),
      ...problemResponses(names, schemaOf),
      // Tools require a success or a default response, and do not count 101 as a success.
      ...(answer.status < 200 && { default: { description: 'Any other status.', content: problemContent(schemaOf) } }),
    },
  };
}

/** Alternative requirements: a key, or nothing if the deployment may be open. */
function securityOf(scope: Endpoint['scope']): Json[] {
  if (!scope) return [];
  return scope === 'admin' ? [{ key: [] }] : [{ key: [] }, {}];
}

function answerContent({ status, type = 'application/json', schema }: Endpoint['answer'], schemaOf: SchemaOf): Json {
  // OpenAPI has no place for the frames of a WebSocket.
  const frames = () => ({ anyOf: [schemaOf(sessionRequest, 'input'), schemaOf(sessionAnswer, 'output')] });
  if (status === 101) return { content: { [type]: { schema: frames() } } };
  if (type === 'text/plain') return { content: { [type]: { schema: { type: 'string' } } } };
  if (!schema) return {};
  const isStream = type === 'text/event-stream' && schema.type === 'variant';
  return { content: { [type]: { schema: isStream ? eventsOf(schema as Events, schemaOf) : schemaOf(schema, 'output') } } };
}

type Events = v.GenericSchema & { options: readonly ObjectSchema[] };

/** A union of events by `event`, as server-sent events carry them: the name in one field, the rest as JSON in another. */
function eventsOf({ options }: Events, schemaOf: SchemaOf): Json {
  const events = options.map((option) => {
    const { properties, required, ...rest } = schemaOf(option, 'output') as { properties: Json; required: string[] };
    const { event, ...data } = properties;
    const { const: name } = event as { const: string };
    const contentSchema = { ...rest, properties: data, required: required.filter((name) => name !== 'event') };
    return {
      title: `${name[0]?.toUpperCase()}${name.slice(1)}Event`,
      type: 'object',
      properties: { event, data: { type: 'string', contentMediaType: 'application/json', contentSchema } },
      required: ['event', 'data'],
    };
  });
  return { oneOf: events };
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'A request with the key of an earlier one, within a day, gets the answer of the earlier one and has no effect.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const contentOf = (body: NonNullable<Endpoint['body']>, schemaOf: SchemaOf) =>
  body === 'application/octet-stream'
    ? { [body]: { schema: { type: 'string', format: 'binary' } } }
    : { 'application/json': { schema: schemaOf(body, 'input') } };

function parameters(schema: ObjectSchema | undefined, place: 'path' | 'query', schemaOf: SchemaOf): Json[] {
  return Object.entries(schema?.entries ?? {}).map(([name, field]) => {
    const { description, examples, ...rest } = schemaOf(field as v.GenericSchema, 'input');
    const [example] = Array.isArray(examples) ? examples : [];
    const required = place === 'path' || !v.is(field as v.GenericSchema, undefined);
    return { name, in: place, required, ...(description ? { description } : {}), ...(example ? { example } : {}), schema: rest };
  });
}

/** One response per status; its description lists the problems. */
function problemResponses(names: readonly ProblemName[], schemaOf: SchemaOf): Json {
  const byStatus = Map.groupBy([...new Set(names)], (name) => problems[name][0]);
  const entries = [...byStatus].map(([status, same]) => {
    const description = same.map((name) => `\`${problemType(name)}\``).join(', ');
    return [status, { description, content: problemContent(schemaOf) }];
  });
  return Object.fromEntries(entries);
}

const problemContent = (schemaOf: SchemaOf) => ({ 'application/problem+json': { schema: schemaOf(problemSchema, 'output') } });

/** Moves a schema's named parts to the document's components. */
function hoist(schema: unknown, components: Json): unknown {
  if (Array.isArray(schema)) return schema.map((part) => hoist(part, components));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { id, ...rest } = Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, hoist(part, components)]));
  // A property that is named id holds a schema, not a name.
  if (typeof id !== 'string') return id === undefined ? rest : { id, ...rest };
  components[id] = rest;
  return { $ref: `#/components/schemas/${id}` };
}
