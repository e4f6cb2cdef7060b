/** Model files cannot be downloaded under any spelling of their path, in bare workerd and in `wrangler dev`. */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createClient } from '@unroll/client/client.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DevServer, startDevServer } from '../scripts/dev-server.ts';
import { newKey } from '../scripts/new-key.ts';
import { tinyModel } from '../src/testing/tiny-model.ts';
import { type BareWorkerd, startBareWorkerd } from './bare-workerd.ts';
import { freePort } from './servers.ts';

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'unroll-private-'));
const builtIn = readFileSync(join(root, 'models/sentiment.safetensors'));
const digestOf = (file: Buffer) => /"unroll\.digest":"([0-9a-f]{64})"/.exec(file.toString('latin1'))?.[1] ?? '';

/** Whether a body contains a model file or an index. */
const tells = (body: Buffer, digest: string) => body.includes(digest) || body.includes('unroll.model');

/** Requests a path without normalizing it, as fetch would, and follows redirects. */
async function raw(origin: string, path: string, redirects = 3): Promise<{ status: number; body: Buffer }> {
  const { hostname, port } = new URL(origin);
  const [response] = (await once(get({ hostname, port, path, agent: false }), 'response')) as [IncomingMessage];
  const body = await buffer(response);
  const { statusCode: status = 0, headers } = response;
  if (headers.location === undefined || redirects === 0) return { status, body };
  const to = new URL(headers.location, origin);
  return raw(origin, to.pathname + to.search, redirects - 1);
}

const hex = (text: string) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const spelledCharacter = (character: string) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(character) },
    fc.constantFrom(hex(character), hex(character).toUpperCase(), hex(hex(character)), character.toUpperCase()),
  );
const separators = ['/', '//', '/./', '/x/../', '/%2e/', '/x/%2E%2e/', '%2f', '%2F', '%252f', '\\', '%5c', '/;/', '/%00/', '/.//'];

/** Ways to write a path of plain segments. */
function spellings(path: string): fc.Arbitrary<string> {
  const segments = path.split('/').map((segment) => fc.tuple(...[...segment].map(spelledCharacter)).map((parts) => parts.join('')));
  const between = fc.array(fc.constantFrom(...separators), { minLength: segments.length, maxLength: segments.length });
  return fc.tuple(fc.tuple(...segments), between, fc.constantFrom('', '?x', '/', '%20', '.')).map(([parts, joints, end]) => {
    const joined = parts.map((part, i) => joints[i] + part).join('');
    // A request's path begins with a slash.
    return (joined.startsWith('/') ? joined : `/${joined}`) + end;
  });
}

async function expectNoLeak(origin: string, name: string, digest: string): Promise<void> {
  const file = `${digest}.safetensors`;
  const places = ['models/index.json', `models/${name}/index.json`, `models/${name}/${file}`, `${digest}.bin`, `built-in/${digest}.bin`];
  places.push(
    'built-in/index.js',
    'built-in/indexes.bin',
    'indexes.bin',
    'worker/worker.js',
    `index/${name}.json`,
    '../built-in/index.js',
    `../../models/${name}.safetensors`,
  );
  for (const place of places) expect(tells((await raw(origin, `/${place}`)).body, digest), place).toBe(false);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...places).chain(spellings), async (path) => {
      const { status, body } = await raw(origin, path);
      expect(tells(body, digest), `${path} → ${status}`).toBe(false);
    }),
    { numRuns: 300, examples: [['//models/index.json'], ['/%6dodels/index.json'], [`/models%2f${name}%2f${file}`]] },
  );
}

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test('the check recognizes a model file and an index', () => {
  expect(tells(builtIn, digestOf(builtIn))).toBe(true);
  expect(tells(readFileSync(join(root, 'dist/built-in/indexes.bin')), digestOf(builtIn))).toBe(true);
});

test('no static asset holds a model: assets are public', () => {
  const assets = join(root, 'dist/assets');
  const files = readdirSync(assets, { recursive: true, encoding: 'utf8' }).map((file) => join(assets, file));
  const models = readdirSync(join(root, 'dist/built-in')).filter((file) => /^[0-9a-f]{64}\.bin$/.test(file));
  expect(models.length).toBeGreaterThan(0);
  for (const file of files.filter((path) => statSync(path).isFile())) {
    const content = readFileSync(file);
    expect(content.includes('unroll.model'), file).toBe(false);
    // Examples of the API name a digest.
    if (file.endsWith('openapi.json')) continue;
    for (const model of models) expect(tells(content, model.slice(0, 64)), file).toBe(false);
  }
});

describe('in bare workerd that requires keys', () => {
  let server: BareWorkerd;
  beforeAll(async () => {
    server = await startBareWorkerd(join(scratch, 'bare'), { PREDICT_ACCESS: 'keys', API_KEYS: '[]' });
  });
  afterAll(() => void server?.process.kill('SIGKILL'));

  test('a built-in model stays where it is', async () => {
    // That strange spellings do reach the assets.
    expect((await raw(server.origin, '/%6fpenapi.json')).status).toBe(200);
    await expectNoLeak(server.origin, 'sentiment', digestOf(builtIn));
  });
});

describe('in wrangler dev, with a bucket', () => {
  const stopping = new AbortController();
  const key = newKey('private-test');
  let server: DevServer | undefined;
  beforeAll(async () => {
    server = await startDevServer({ port: String(await freePort()), directory: mkdtempSync(join(scratch, 'dev-')), key }, stopping.signal);
  });
  afterAll(() => server?.stop());

  test('a built-in model and a published one stay where they are', async () => {
    const { url = '' } = server ?? {};
    const { bytes, digest } = await tinyModel('tiny');
    await createClient({ url, key }).publish('tiny', bytes);
    expect((await raw(url, '/%6fpenapi.json')).status).toBe(200);
    await expectNoLeak(url, 'sentiment', digestOf(builtIn));
    await expectNoLeak(url, 'tiny', digest);
  });
});
