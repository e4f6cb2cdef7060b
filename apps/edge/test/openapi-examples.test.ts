/** Every example of the OpenAPI document, which /docs fills in, succeeds against `wrangler dev`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@unroll/client/client.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DevServer, startDevServer } from '../scripts/dev-server.ts';
import { newKey } from '../scripts/new-key.ts';
import { tinyModel } from '../src/testing/tiny-model.ts';
import { freePort } from './servers.ts';

interface Schema {
  $ref?: string;
  examples?: unknown[];
}
interface Operation {
  operationId: string;
  parameters: { name: string; in: string; required: boolean; example?: unknown }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

const scratch = mkdtempSync(join(tmpdir(), 'unroll-examples-'));
const key = newKey('examples');
const builtIn = new Uint8Array(readFileSync(join(import.meta.dirname, '../models/sentiment.safetensors')));
let server: DevServer | undefined;
let url = '';
let document: Document;

beforeAll(async () => {
  server = await startDevServer({ port: String(await freePort()), directory: scratch, key }, new AbortController().signal);
  ({ url } = server ?? { url });
  document = (await (await fetch(`${url}/openapi.json`)).json()) as Document;
});
afterAll(async () => {
  await server?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

const follow = (schema: Schema) => (schema.$ref ? (document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] as Schema) : schema);

/** An operation's address with the examples of its parameters. */
function filled(path: string, { parameters, operationId }: Operation): URL {
  const wanted = parameters.filter(({ required }) => required);
  for (const { name, example } of wanted) expect(example, `${operationId}: an example of ${name}`).toBeDefined();
  const exampleOf = (name: string) => encodeURIComponent(String(wanted.find((parameter) => parameter.name === name)?.example));
  const address = new URL(
    path.replace(/\{(\w+)\}/g, (_, name: string) => exampleOf(name)),
    url,
  );
  for (const parameter of wanted) {
    if (parameter.in === 'query') address.searchParams.set(parameter.name, String(parameter.example));
  }
  return address;
}

/** Sends every example of an operation. @param file the body, where that is bytes. */
async function sendExamples(id: string, file?: Uint8Array<ArrayBuffer>): Promise<void> {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const { path, method, operation } = all.find((one) => one.operation.operationId === id) ?? {};
  if (!path || !method || !operation) throw new Error(`no operation ${id}`);
  const address = filled(path, operation);
  const content = operation.requestBody?.content ?? {};
  const json = content['application/json'];
  const bodies = json ? (follow(json.schema).examples ?? []).map((example) => JSON.stringify(example)) : [file];
  expect(bodies.length, `${id}: examples of the body`).toBeGreaterThan(0);
  for (const body of bodies) {
    const [type] = Object.keys(content);
    const headers = { authorization: `Bearer ${key}`, ...(type && { 'content-type': type }) };
    const response = await fetch(address, { method: method.toUpperCase(), headers, ...(body && { body }) });
    const text = await response.text();
    expect(response.ok, `${id} ${address} ${body ?? ''} → ${response.status} ${text.slice(0, 300)}`).toBe(true);
    expect(text).not.toContain('event: problem');
    sent.add(id);
  }
}
const sent = new Set<string>();

test('of operations that only read', async () => {
  for (const id of ['health', 'ready', 'metrics', 'listModels', 'describeModel', 'listVersions', 'predict', 'generate']) {
    await sendExamples(id);
  }
});

test('of publishing, from the first version to the end', async () => {
  // Another version, for the alias to come from.
  const client = createClient({ url, key });
  const other = await tinyModel('sentiment');
  await client.publish('sentiment', other.bytes);
  await client.pointAlias('sentiment', 'stable', other.digest);
  await sendExamples('publishVersion', builtIn);
  await sendExamples('moveAlias');
  await sendExamples('rollBackAlias');
  await client.pointAlias('sentiment', 'latest', other.digest);
  await sendExamples('deleteVersion');
  await sendExamples('deleteModel');
});

test('of a session, frame by frame', async () => {
  const { parameters } = document.paths['/v1/sessions/{id}']?.get ?? { parameters: [] };
  const exampleOf = (wanted: string) => String(parameters.find(({ name }) => name === wanted)?.example);
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/sessions/${exampleOf('id')}?model=${exampleOf('model')}`);
  const next = () =>
    new Promise<string>((resolve) => socket.addEventListener('message', ({ data }) => resolve(String(data)), { once: true }));
  expect(JSON.parse(await next())).toMatchObject({ model: { name: 'sentiment' }, steps: 0 });
  const frames = ['InputFrame', 'ResetFrame'].flatMap((name) => document.components.schemas[name]?.examples as object[]);
  expect(frames).toHaveLength(2);
  for (const frame of frames) {
    socket.send(JSON.stringify(frame));
    expect(JSON.parse(await next())).not.toHaveProperty('problem');
  }
  socket.close();
  sent.add('openSession');
});

test('no operation was left out', () => {
  const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
  expect([...sent].sort()).toEqual(ids.sort());
});
