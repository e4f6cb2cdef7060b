import { spawnSync } from 'node:child_process';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { honoPath } from './endpoint.ts';
import { endpoints } from './endpoints.ts';
import { openApiDocument } from './openapi.ts';
import { problems } from './problems.ts';

interface Schema {
  $ref?: string;
  title?: string;
  type?: string;
  const?: unknown;
  pattern?: string;
  anyOf?: Schema[];
}

interface Document {
  paths: Record<
    string,
    Record<
      string,
      { operationId: string; parameters: { name: string; in: string }[]; security?: object[]; responses: Record<string, object> }
    >
  >;
  components: { schemas: Record<string, Schema> };
}
const document = openApiDocument('0.1.0') as unknown as Document;

test('the document is OpenAPI 3.1, by the official schema', async () => {
  const { valid, errors } = await new Validator().validate(document as never);
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
});

test('every endpoint is in it, with its path parameters, and every reference resolves', () => {
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

test('events of a stream are described in their transmitted form', () => {
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

/** Every schema in a part of the document. */
function schemasIn(part: unknown): Schema[] {
  if (typeof part !== 'object' || part === null) return [];
  return [part as Schema, ...Object.values(part).flatMap(schemasIn)];
}

test('patterns are portable regular expressions', () => {
  const patterns = [...new Set(schemasIn(document).flatMap(({ pattern }) => (typeof pattern === 'string' ? [pattern] : [])))];
  expect(patterns.length).toBeGreaterThan(4);
  for (const pattern of patterns) {
    expect(() => new RegExp(pattern, 'u'), pattern).not.toThrow();
    // Python, Go and Rust do not support the other escapes of ECMAScript, or read them differently. Go and Rust have no look-around.
    expect(pattern.replaceAll(/\\x[0-9a-f]{2}/g, ''), pattern).not.toContain('\\');
    expect(pattern.replaceAll('(?:', ''), pattern).not.toContain('(?');
  }
  const python = spawnSync('python3', ['-c', 'import re, sys\nfor pattern in sys.argv[1:]: re.compile(pattern)', ...patterns], {
    encoding: 'utf8',
  });
  // Machines without Python have the rules above.
  if (!python.error) expect(python.stderr).toBe('');
});

test('every operation declares its security', () => {
  for (const methods of Object.values(document.paths)) {
    for (const { operationId, security } of Object.values(methods)) expect(security, operationId).toBeInstanceOf(Array);
  }
  expect(document.paths['/healthz']?.get?.security).toEqual([]);
});

test('every option of a named union has its own name', () => {
  const taken = new Set(Object.keys(document.components.schemas));
  const options = Object.values(document.components.schemas).flatMap(({ anyOf = [] }) => anyOf);
  expect(options.length).toBeGreaterThan(10);
  for (const { $ref, title } of options.filter(({ $ref }) => $ref === undefined)) {
    expect([$ref, title]).toEqual([undefined, expect.any(String)]);
    expect(taken).not.toContain(title);
    taken.add(title as string);
  }
});

test('a constant has a type', () => {
  const constants = schemasIn(document).filter((schema) => 'const' in schema && typeof schema.const !== 'object');
  expect(constants.length).toBeGreaterThan(3);
  for (const { const: value, type } of constants) expect(type).toBe(typeof value);
});
