/** The self-hosted server is killed at random moments; it serves the page as Cloudflare does. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { startDevServer } from '../scripts/dev-server.ts';
import { tinyModel } from '../src/testing/tiny-model.ts';
import { KEY, killServers, startServer } from './self-hosted-server.ts';
import { freePort } from './servers.ts';

const ROUNDS = 15;

const scratch = mkdtempSync(join(tmpdir(), 'unroll-self-hosted-slow-'));
afterAll(() => {
  killServers();
  rmSync(scratch, { recursive: true });
});

/** A model of 1.5 MB: two chunks of the bucket. */
const largeModel = (seed: number) => {
  const dense = { type: 'dense', units: 1200 } as const;
  return tinyModel('large', { seed, layers: [dense, dense, { type: 'gru', units: 2 }] });
};

/** The digests of the model files in the bucket's database, which must be whole. No server may run. */
function storedFiles(data: string): string[] {
  const models = join(data, 'models');
  const [bucket = ''] = readdirSync(models).filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file));
  const database = new DatabaseSync(join(models, bucket));
  const keys = (where: string) =>
    database
      .prepare(`SELECT key FROM objects WHERE ${where}`)
      .all()
      .map(({ key }) => String(key));
  try {
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    const stored = '(SELECT coalesce(sum(length(bytes)), 0) FROM chunks WHERE chunks.key = objects.key)';
    expect(keys(`size <> ${stored}`)).toEqual([]);
    expect(database.prepare('SELECT count(*) AS orphans FROM chunks WHERE key NOT IN (SELECT key FROM objects)').get()).toEqual({
      orphans: 0,
    });
    return keys("key LIKE 'models/%'").map((key) => key.split('/').at(-1)?.replace('.safetensors', '') ?? '');
  } finally {
    database.close();
  }
}

test('a publish that is killed at any moment leaves all of the version or nothing', async () => {
  const data = join(scratch, 'publish');
  const published = new Set<string>();
  let server = await startServer(data);
  const versions = async () => (await server.client.versions('large')).versions.map(({ digest }) => digest);
  const began = Date.now();
  const first = await largeModel(0);
  await server.client.publish('large', first.bytes);
  const { predictions } = await server.client.predict('large', ['the food']);
  const usual = Date.now() - began;
  published.add(first.digest);

  for (let round = 1; round <= ROUNDS; round++) {
    const model = await largeModel(round);
    const delay = Math.random() * usual;
    const publishing = server.client.publish('large', model.bytes).then(
      () => published.add(model.digest),
      () => undefined,
    );
    await sleep(delay);
    await server.kill();
    await publishing;
    const files = storedFiles(data);
    server = await startServer(data);
    const listed = await versions();
    const about = `round ${round}, killed after ${delay} ms`;
    expect(
      [...published].filter((digest) => !listed.includes(digest)),
      about,
    ).toEqual([]);
    expect(
      listed.filter((digest) => !published.has(digest) && digest !== model.digest),
      about,
    ).toEqual([]);
    expect(
      listed.filter((digest) => !files.includes(digest)),
      about,
    ).toEqual([]);
    for (const digest of listed) published.add(digest);
    const [newest = ''] = listed;
    expect((await server.client.predict(`large@${newest}`, ['the food'])).model.digest, about).toBe(newest);
  }
  expect((await server.client.predict(`large@${first.digest}`, ['the food'])).predictions).toEqual(predictions);
  await server.stop();
});

test('a session that is killed at any moment loses no answered step', async () => {
  const data = join(scratch, 'session');
  const word = (i: number) => ['the', 'food', 'was', 'not', 'good'][i % 5] as string;
  let server = await startServer(data);
  await server.client.publish('tiny', (await tinyModel('tiny')).bytes);
  const control = await server.client.session('control-session', { model: 'tiny' });
  const expected = await Promise.all(Array.from({ length: 2000 }, (_, i) => control.push(word(i))));

  let answered = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const session = await server.client.session('killed-session', { model: 'tiny' });
    // A step may have been stored without its answer having arrived.
    expect([answered, answered + 1]).toContain(session.steps);
    answered = session.steps;
    const killing = sleep(Math.random() * 200).then(() => server.kill());
    while (answered < expected.length) {
      const answer = await session.push(word(answered)).catch(() => undefined);
      if (!answer) break;
      expect(answer).toEqual(expected[answered++]);
    }
    await killing;
    server = await startServer(data);
  }
  expect(answered).toBeGreaterThan(ROUNDS);
  await server.stop();
});

test('an open session does not keep the server from stopping', async () => {
  const data = join(scratch, 'stopped');
  const server = await startServer(data);
  const session = await server.client.session('open-session', { model: 'sentiment' });
  await session.push('good');
  expect(await server.stop()).toBe(0);
  await expect(session.push('good')).rejects.toThrow(/Session Closed/);
  const again = await startServer(data);
  expect((await again.client.session('open-session', { model: 'sentiment' })).steps).toBe(1);
  await again.kill();
});

test('static files are served as on Cloudflare', async () => {
  const directory = join(scratch, 'dev');
  mkdirSync(directory);
  const ours = await startServer(join(scratch, 'static'));
  const theirs = await startDevServer({ port: String(await freePort()), directory, key: KEY }, new AbortController().signal);
  if (!theirs) throw new Error('wrangler dev did not start');
  const answer = async (url: string, path: string, headers: HeadersInit = {}) => {
    const response = await fetch(url + path, { redirect: 'manual', headers });
    const { status, headers: got } = response;
    const named = ['content-type', 'cache-control', 'location', 'content-security-policy'].map((name) => [name, got.get(name)]);
    return { status, ...Object.fromEntries(named), body: status === 200 ? await response.text() : '' };
  };
  try {
    for (const path of ['/', '/docs/', '/docs', '/docs?x=1', '/index.html', '/docs/index.html', '/playground.js', '/styles/base.css']) {
      expect(await answer(ours.url, path), path).toEqual(await answer(theirs.url, path));
    }
    for (const path of ['/openapi.json', '/favicon.svg', '/lib/uplot.js', '/lib', '/lib/', '/absent.html', '/examples/absent.csv']) {
      expect(await answer(ours.url, path), path).toEqual(await answer(theirs.url, path));
    }
    for (const { url } of [ours, theirs]) {
      const etag = (await fetch(`${url}/playground.js`)).headers.get('etag') ?? '';
      expect((await answer(url, '/playground.js', { 'if-none-match': etag })).status).toBe(304);
    }
  } finally {
    await theirs.stop();
    await ours.stop();
  }
});
