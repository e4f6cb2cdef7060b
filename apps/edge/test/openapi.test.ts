/** Requests generated from the OpenAPI document, against the bundle in bare workerd: every answer matches the document. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeKey, newKey } from '../scripts/new-key.ts';
import { arbitraryOf, type JsonSchema } from './arbitrary.ts';
import { type BareWorkerd, startBareWorkerd } from './bare-workerd.ts';

interface Operation {
  operationId: string;
  parameters: { name: string; in: 'path' | 'query' | 'header'; required: boolean; schema: JsonSchema }[];
  requestBody?: { content: Record<string, { schema: JsonSchema }> };
  responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema> };
}

const scratch = mkdtempSync(join(tmpdir(), 'unroll-openapi-'));
const key = newKey('openapi-test');
let server: BareWorkerd;
let document: Document;
const ajv = new Ajv2020({ strict: false, validateFormats: false });

beforeAll(async () => {
  const API_KEYS = JSON.stringify([describeKey(key, { id: 'openapi-test', scopes: ['predict', 'admin'] })]);
  server = await startBareWorkerd(scratch, { API_KEYS, STATE_SECRET: 'a secret of sixteen letters or more' });
  document = (await (await fetch(`${server.origin}/openapi.json`)).json()) as Document;
  ajv.addSchema({ $id: 'openapi', components: document.components });
});
afterAll(() => {
  server?.process.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
});

const follow = (reference: string) => document.components.schemas[reference.split('/').at(-1) as string] as JsonSchema;

/** Checks a value against a schema of the document; the errors if it does not match. */
function misfit(schema: JsonSchema, value: unknown): string | undefined {
  const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"openapi#/components/')) as object;
  const fits = ajv.compile(absolute);
  return fits(value) ? undefined : ajv.errorsText(fits.errors);
}

/** Sends one request and holds the answer against the document. Returns the status. */
async function ask(
  path: string,
  method: string,
  operation: Operation,
  parts: { path: Record<string, string>; query: Record<string, string>; body?: unknown; text?: string },
) {
  const url = new URL(
    path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parts.path[name] ?? '')),
    server.origin,
  );
  for (const [name, value] of Object.entries(parts.query)) url.searchParams.set(name, value);
  const type = Object.keys(operation.requestBody?.content ?? {})[0];
  const body = parts.text ?? (parts.body === undefined ? undefined : JSON.stringify(parts.body));
  const response = await fetch(url, {
    method: method.toUpperCase(),
    headers: { authorization: `Bearer ${key}`, ...(type && { 'content-type': type }) },
    ...(body !== undefined && method !== 'get' && { body }),
  });
  const text = await response.text();
  const told = `${method} ${url.pathname} ${body?.slice(0, 300) ?? ''} → ${response.status} ${text.slice(0, 300)}`;
  expect(response.status, told).not.toBe(500);
  const documented = operation.responses[response.status];
  expect(documented, told).toBeDefined();
  const [answered = ''] = (response.headers.get('content-type') ?? '').split(';');
  const content = documented?.content?.[answered];
  if (documented?.content) expect(content, `${told}: ${answered}`).toBeDefined();
  if (content && answered !== 'text/event-stream' && answered !== 'text/plain')
    expect(misfit(content.schema, JSON.parse(text)), told).toBeUndefined();
  return response.status;
}

test('the check finds data that do not fit a schema', () => {
  expect(misfit({ $ref: '#/components/schemas/Prediction' }, { labels: 'positive' })).toMatch(/must/);
  expect(misfit({ $ref: '#/components/schemas/Prediction' }, { labels: ['positive'], probabilities: { positive: 1 } })).toBeUndefined();
});

const models = ['sentiment', 'weather', 'moby-dick'];
const operations = [
  'listModels',
  'describeModel',
  'listVersions',
  'predict',
  'generate',
  'publishVersion',
  'moveAlias',
  'rollBackAlias',
  'deleteVersion',
  'deleteModel',
  'openSession',
  'health',
  'ready',
  'metrics',
];

function find(id: string) {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) if (operation.operationId === id) return { path, method, operation };
  }
  throw new Error(`openapi.test: no operation ${id}`);
}

/** Path and query as the document has them; models that are there more often than not. */
function placesOf({ parameters }: Operation): fc.Arbitrary<{ path: Record<string, string>; query: Record<string, string> }> {
  const textFor = (name: string, schema: JsonSchema) => {
    const any = arbitraryOf(schema, follow).map(String);
    return name === 'model' ? fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...models) }, any) : any;
  };
  const of = (place: string) =>
    fc.record(
      Object.fromEntries(parameters.filter((parameter) => parameter.in === place).map(({ name, schema }) => [name, textFor(name, schema)])),
    );
  return fc.record({ path: of('path'), query: of('query') });
}

describe.each(operations)('%s', (id) => {
  test('allowed requests get an answer that the document describes', async () => {
    const { path, method, operation } = find(id);
    const schema = operation.requestBody?.content['application/json']?.schema;
    const parts = fc.tuple(placesOf(operation), schema ? arbitraryOf(schema, follow) : fc.constant(undefined));
    await fc.assert(
      fc.asyncProperty(parts, async ([places, body]) => {
        const status = await ask(path, method, operation, { ...places, body });
        expect(status).not.toBe(400);
      }),
      { numRuns: 40 },
    );
  });

  test('all other requests get a problem that the document describes', async () => {
    const { path, method, operation } = find(id);
    const odd = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.webPath(),
      fc.constantFrom('../x', '%00', '__proto__', 'a@', '@', 'a@b@c'),
    );
    const names = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
    // An empty segment is another path.
    const place = fc.record(
      Object.fromEntries(names.map((name) => [name, odd.filter((text) => text.isWellFormed() && !['', '.', '..'].includes(text))])),
    );
    const text = fc.oneof(
      fc.json(),
      fc.string(),
      fc.json().map((json) => json.slice(0, -1)),
    );
    await fc.assert(
      fc.asyncProperty(place, text, async (places, sent) => {
        await ask(path, method, operation, { path: places, query: {}, text: sent });
      }),
      { numRuns: 40 },
    );
  });
});
