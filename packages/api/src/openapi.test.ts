import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { honoPath } from './endpoint.ts';
import { endpoints } from './endpoints.ts';
import { openApiDocument } from './openapi.ts';
import { problems } from './problems.ts';

interface Document {
  paths: Record<
    string,
    Record<string, { operationId: string; parameters: { name: string; in: string }[]; responses: Record<string, object> }>
  >;
  components: { schemas: Record<string, unknown> };
}
const document = openApiDocument('0.1.0') as unknown as Document;

test('the document is OpenAPI 3.1, by the official schema', async () => {
  const { valid, errors } = await new Validator().validate(document as never);
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
});

test('every endpoint is in it, with its path parameters, and every reference leads somewhere', () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, operation })),
  );
  expect(operations.map(({ operation }) => operation.operationId).sort()).toEqual(Object.keys(endpoints).sort());
  for (const { path, operation } of operations) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(named);
  }
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name as string);
  expect(references.length).toBeGreaterThan(20);
  for (const name of references) expect(document.components.schemas).toHaveProperty(name);
});

test('paths as Hono writes them', () => {
  expect(honoPath('/v1/models/{model}/versions/{digest}')).toBe('/v1/models/:model/versions/:digest');
});

test('every problem that an endpoint names has a response of its status', () => {
  for (const [id, { problems: names, path, method }] of Object.entries(endpoints)) {
    for (const name of names) {
      expect(document.paths[path]?.[method]?.responses, `${id}: ${name}`).toHaveProperty(String(problems[name][0]));
    }
  }
});

interface Streamed {
  content: Record<string, { schema: { oneOf: unknown[] } }>;
}

test('events of a stream are described as they are sent', () => {
  const responses = document.paths['/v1/models/{model}/generate']?.post?.responses as Record<string, Streamed>;
  const { content } = responses['200'] as Streamed;
  const [token] = content['text/event-stream']?.schema.oneOf ?? [];
  expect(token).toMatchObject({
    properties: { event: { const: 'token' }, data: { contentSchema: { properties: { text: { type: 'string' } }, required: ['text'] } } },
  });
});

test('other successes are described too', () => {
  expect(document.paths['/v1/models/{model}/versions']?.put?.responses).toMatchObject({ 200: { content: {} }, 201: { content: {} } });
  expect(document.paths['/v1/models/{model}']?.get?.responses).toHaveProperty('304');
});
